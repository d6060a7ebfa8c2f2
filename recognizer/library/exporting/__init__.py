"""Ways out of the library: writers of files that take samples slice by slice, in bounded memory."""
