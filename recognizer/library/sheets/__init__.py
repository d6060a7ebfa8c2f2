"""Sheets to write on: laid out, printed, and read back from a photo."""
