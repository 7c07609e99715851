"""What the report of a split looks like: one module a format."""
