"""The project's one campaign hook: what architectures 14 and 15 make of a batch of endpoints, one after the other."""
