"""Deleting one person's data from objects of lines, in steps that fit into a function's time."""
