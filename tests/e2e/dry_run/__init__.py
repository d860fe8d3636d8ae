"""Every environment against an API server of its own: ``python -m tests.e2e.dry_run``."""
