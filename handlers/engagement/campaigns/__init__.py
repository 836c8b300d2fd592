"""Campaign runs of the hosted engagement service: what their state machine calls, step by step."""
