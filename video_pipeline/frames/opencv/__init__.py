"""The second reader: OpenCV, where it can be trusted."""
