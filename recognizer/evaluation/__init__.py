"""Judging predictions: confusion matrix, precision, recall, F1."""
