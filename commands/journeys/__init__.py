"""What `engagement journey` shows."""
