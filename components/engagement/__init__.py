"""The engagement project and the two platforms that can hold it."""
