"""Training: presets, runs, the trainer. Keras is imported on first need, inside the thread that trains."""
