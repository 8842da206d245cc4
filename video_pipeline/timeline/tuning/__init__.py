"""Smoothing chosen on labelled recordings: candidates, their fit, their score, the choice."""
