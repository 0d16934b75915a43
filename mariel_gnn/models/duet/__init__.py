"""Models of two dancers: a code of each dancer, a code of what is between them, and partners of one."""
