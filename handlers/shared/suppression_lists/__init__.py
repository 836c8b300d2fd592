"""Addresses that nobody is to write to any more: read from files, put on every list that holds a message back, and looked up there."""
