"""Reading whole: every frame decoded in order, whatever is odd about clock or packets."""
