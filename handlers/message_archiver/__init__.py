"""Architecture 8: every message of a campaign or journey, as it was sent, in an archive ordered by endpoint."""
