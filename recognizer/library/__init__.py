"""Datasets: where samples come from, how they are read, split and labelled."""
