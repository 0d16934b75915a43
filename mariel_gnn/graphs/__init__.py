"""The edge builder, statistics of marker pairs, and graph layers."""
