"""What a batch would do, before it does it."""
