"""What the commands share: the application, the terminal, where a report goes, and progress."""
