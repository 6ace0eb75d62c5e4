"""Use cases: everything the product can do. Both faces call these and nothing below them."""
