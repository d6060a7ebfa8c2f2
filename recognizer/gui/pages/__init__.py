"""One page for each thing one does."""
