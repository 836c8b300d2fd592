"""What federated segmentation is told, what its queries may read, and its state machine."""
