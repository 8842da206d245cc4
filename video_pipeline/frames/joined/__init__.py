"""Several files of one operation as one recording."""
