"""What the report of two images looks like: one module a format."""
