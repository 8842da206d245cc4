"""Probabilities that mean what they say: fitted on labelled images, stored, applied."""
