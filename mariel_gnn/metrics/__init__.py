"""What is reported: pure functions and running sums."""
