"""What pages know and can do, without widgets: QtCore and services only."""
