"""What the report of what is stored of an image looks like: one module a format."""
