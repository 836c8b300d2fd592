"""The architectures as Pulumi components: one file each, on shared building blocks."""
