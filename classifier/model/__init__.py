"""The network, and the folder that holds its weights and its description."""
