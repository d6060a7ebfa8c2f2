"""Recognizer: draw, collect, train, read and ship handwriting recognition."""

__version__ = "0.1.0"
