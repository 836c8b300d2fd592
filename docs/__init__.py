"""The documentation, and `python -m docs.generate`, which writes its tables from the code."""
