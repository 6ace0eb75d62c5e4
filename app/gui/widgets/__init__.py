"""Our controls. They know tokens and texts they are given, never a service or a record."""
