"""An embedded AWS on a laptop: it runs the unchanged Pulumi program and simulates the outside world."""
