"""One file as a container: opened safely, its packets, what its header claims and how it ends."""
