"""Architecture 9: events of the project's stream set and clear endpoint attributes, by rules."""
