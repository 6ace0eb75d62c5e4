"""The pages: widgets arranged, view-models asked. No service is called from here."""
