"""The sample library: one SQLite file, its columns in memory, a journal of every edit, backups and repair."""
