"""One use case each. All decisions are made here; data is returned, nothing is printed."""
