"""Architecture 7: events on their way into the event database, and one person's way out of it."""
