"""Figures about samples: how many, what they look like, what is there twice, what looks wrong."""
