"""The `engagement` command: what a person does with a deployed stack, on AWS and on the sandbox alike."""
