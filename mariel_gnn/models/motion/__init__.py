"""Movement as few numbers, and back: what a motion model says before and after its graph."""
