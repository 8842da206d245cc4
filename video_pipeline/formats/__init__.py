"""Timelines as other programs have them: one file a format, each reads, writes, or both."""
