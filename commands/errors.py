"""What a command says when it did not do what it was asked to."""


class CommandError(Exception):
    """A command ends with this text: a person's input, or what a service or a function said."""
