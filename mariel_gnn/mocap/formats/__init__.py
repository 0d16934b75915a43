"""File formats: one file a format, one table by suffix, one interface to read and one to write."""
