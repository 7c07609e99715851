"""What the report of several images looks like: one module a format."""
