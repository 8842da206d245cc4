"""Decoded frames as pictures: upright, deinterlaced, RGB, resized, cropped, judged."""
