"""Many machines: Ray gives recordings to whichever is free, one classifier on each."""
