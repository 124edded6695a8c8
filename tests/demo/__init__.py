"""The demo, in parts and as a whole."""
