"""What several architectures begin with: a file that arrives in a bucket starts a run of a state machine, once."""
