"""Images in, tool probabilities out; knows nothing of videos or seconds."""
