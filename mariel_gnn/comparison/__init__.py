"""Finished runs side by side: groups of seeds, pairs, intervals, report."""
