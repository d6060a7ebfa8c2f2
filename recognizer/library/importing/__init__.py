"""Ways into the library: readers of files and folders that give chunks of samples in bounded memory."""
