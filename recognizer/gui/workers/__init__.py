"""Threads that work for pages: they receive values and answer with values."""
