"""One recording as one page: a timeline to click on, its tables, and where they come from."""
