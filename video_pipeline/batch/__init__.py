"""Many recordings: which there are, what each is called, what is done, what failed."""
