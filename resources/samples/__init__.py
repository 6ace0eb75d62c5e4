"""The invented person of the demo: export files, and the module that writes them."""
