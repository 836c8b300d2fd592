"""A program that renames a component and moves it: NAME is the component's name, OLD the one that it had."""

import os

import pulumi

from components.building_blocks.account import Account
from components.simple_cms import SimpleCms, SimpleCmsArgs, SimpleCmsConfig


class Section(pulumi.ComponentResource):
    """Somewhere else in the tree."""

    def __init__(self, name: str) -> None:
        super().__init__("engagement:tests:Section", name)


name, old = os.environ["NAME"], os.environ.get("OLD", "")
options = pulumi.ResourceOptions()
if old:
    alias = pulumi.Alias(name=old, parent=pulumi.ROOT_STACK_RESOURCE)
    options = pulumi.ResourceOptions(parent=Section("section"), aliases=[alias])
SimpleCms(name, SimpleCmsArgs(SimpleCmsConfig(enabled=True, retain_data=False), Account.current()), options)
