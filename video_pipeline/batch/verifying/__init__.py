"""Whether results are still as they were written."""
