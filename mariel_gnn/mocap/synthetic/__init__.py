"""The synthetic dancer: seeded recordings that need no data."""
