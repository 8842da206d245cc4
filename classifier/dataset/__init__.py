"""Files on disk -> labelled images: read, checked, grouped and split."""
