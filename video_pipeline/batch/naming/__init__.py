"""What each recording's results are called: by its name, or by a pseudonym."""
