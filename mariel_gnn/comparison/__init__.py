"""Compares finished runs: groups of seeds, paired differences, intervals, report."""
