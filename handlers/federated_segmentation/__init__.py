"""Architecture 13: the result of an Athena query becomes a segment, or attributes of the endpoints that it names."""
