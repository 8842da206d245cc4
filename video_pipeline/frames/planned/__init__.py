"""Reading by plan: timestamps scanned, samples planned, and only what they need decoded."""
