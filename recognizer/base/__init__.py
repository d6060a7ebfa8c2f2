"""What every room needs: paths, settings, errors, cancellation, atomic files, logging, translations."""
