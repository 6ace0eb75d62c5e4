"""Consent and parcels: identity, cards, bundles. No SQL, no Qt."""
