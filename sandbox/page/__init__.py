"""What `sandbox open` shows: one local page of what is up, what ran, what people got and what could not be done."""
