"""From frames' probabilities to seconds, segments, statistics, metrics; computes, never writes."""
