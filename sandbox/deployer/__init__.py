"""Creates what a Pulumi program registers, with boto3, and keeps what it created."""
