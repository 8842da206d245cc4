"""Which recordings there are: in folders, in files, in parts."""
