"""Marker sets as data: one YAML file each, and the class that checks them."""
