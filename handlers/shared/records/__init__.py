"""Records of CSV files: one reader for import jobs, dropped files and the load command."""
