"""Predicting with trained models through LiteRT; TensorFlow is not needed here."""
