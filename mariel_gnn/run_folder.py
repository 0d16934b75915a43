"""The names of the files of a run folder; those of its weights are in `models/weights.py`."""

CONFIG = "config.yaml"  # all options
SPLIT = "split.json"  # the recordings of each role
VERSIONS = "versions.json"  # of the packages and the code
METRICS = "metrics.csv"  # the numbers of each epoch
SUMMARY = "summary.json"  # the final numbers; a folder with it is a finished run
TABLE, TABLE_CSV = "table.md", "table.csv"  # the measured rows, with the baselines
PICTURES = "pictures"
REPORT = "report.html"
GENERATED = "generated"
