"""The admission policies and their cases on a real API server."""
