"""Architecture 2: mail that comes to an address that nobody reads is answered from a template, once, and never a machine's."""
