"""Architecture 16: a custom channel that calls people through Amazon Connect."""
