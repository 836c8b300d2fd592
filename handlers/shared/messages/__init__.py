"""Single messages by a channel's API: what was sent, refused or is unknown is a result, never an exception."""
