"""What `engagement report` writes: one HTML file with what campaigns came to, for people to look at."""
