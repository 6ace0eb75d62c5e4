"""The look: tokens, style sheet, palette, fonts and icons. No widget lives here."""
