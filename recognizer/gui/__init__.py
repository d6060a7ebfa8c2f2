"""The window: pages, widgets, and the threads that work for them."""
