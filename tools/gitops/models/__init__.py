"""Frozen, typed data. Nothing here reads a file or starts a process; parsing is validation."""
