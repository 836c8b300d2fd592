"""What the handlers of several architectures share: clients, environment, logging, queues and state machines."""
