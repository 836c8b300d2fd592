"""One module for each kind of work. Each has a `KIND` (bench/kind.py); a new module here is a new row."""
