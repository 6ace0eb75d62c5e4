"""What ships with the program: icons, translations, templates, synthetic samples."""
