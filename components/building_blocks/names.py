"""Physical names that carry the stack's name, and are kept when that changes."""

import re

import pulumi

LONGEST = 64


def of_this_stack(name: str) -> str:
    """A name that no other stack of the account has, for what an account and region have by name. At most 64 characters."""
    return f"{name}-{pulumi.get_stack()}"[:LONGEST]


def of_this_environment(name: str, separator: str = "-") -> str:
    """A name that no other environment has: `mail-prod` in stack `email-prod`, `mail` in a stack without an environment."""
    environment = pulumi.get_stack().partition("-")[2]
    written = re.sub(r"[^a-z0-9]+", separator, environment.lower()).strip(separator)
    return f"{name}{separator}{written}"[:LONGEST].rstrip(separator) if written else name


def keeping(opts: pulumi.ResourceOptions, name_property: str = "name") -> pulumi.ResourceOptions:
    """Options of a resource that keeps the name that it was made with: another one would replace it, with what it holds."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=[name_property]))
