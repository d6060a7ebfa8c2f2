"""Pictures: reading them safely and making them what a model expects."""
