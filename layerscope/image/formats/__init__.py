"""One file a format in which images are saved."""
