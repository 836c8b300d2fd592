"""What architectures 1 and 6 share: recipients who bounced or complained are suppressed, announced and opted out."""
