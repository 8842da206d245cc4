"""Where in an image the network found each tool: maps, and the pictures that show them."""
