"""Models that leave the program, each tried before it goes, and foreign ones that come in without being run."""
