"""What is raised where a template is wrong."""


class RenderingError(Exception):
    """A template cannot be read or rendered; the message names the line, and the variable, the helper or the place."""
