"""Architecture 5: a campaign is created on a segment and runs at once; its result becomes a notification."""
