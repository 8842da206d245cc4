"""A labelled dataset -> a trained network."""
