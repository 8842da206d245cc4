"""A trained network and labelled images -> figures that can be relied on."""
