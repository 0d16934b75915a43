"""The browser page: phrases to turn, play and compare, in one HTML file."""
