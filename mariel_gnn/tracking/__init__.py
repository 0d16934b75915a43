"""Where numbers go: CSV and JSON always, W&B beside."""
