"""What is reported: pure functions of arrays, without models and files."""
