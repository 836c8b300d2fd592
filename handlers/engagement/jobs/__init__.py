"""Import and export jobs of the hosted engagement service: what their state machines call, step by step."""
