"""File formats: one file for each format, one table by suffix, one interface to read and to write."""
