"""A recording in, a tool timeline out."""
