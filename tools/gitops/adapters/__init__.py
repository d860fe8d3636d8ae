"""One module per outside thing: a door, without decisions."""
