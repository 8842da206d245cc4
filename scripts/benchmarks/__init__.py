"""What ``benchmark.py`` measures, one file a benchmark."""
