"""What `engagement project erase` does: one person is found, and deleted from every place that is ours, with a receipt."""
