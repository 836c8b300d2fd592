"""What Pulumi's own engine needs to run the program against a sandbox: a language host and an AWS provider."""
