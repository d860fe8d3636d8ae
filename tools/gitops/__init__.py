"""The engine behind the commands in ``tools/``: one graph, one rendered set, many checks, several views."""
