"""The checks. Each module holds a family of them; ``unit.all_checks`` finds every one."""
