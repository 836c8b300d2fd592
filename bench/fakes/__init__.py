"""AWS services in the benchmark's own process: as little of each as the handlers use, fast and small."""
