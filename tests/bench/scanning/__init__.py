"""How long scanning takes."""
