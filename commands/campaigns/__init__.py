"""What `engagement campaign` shows, and how messages would look."""
