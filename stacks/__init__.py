"""The program of each stack: reads typed config, composes components, chains and exports."""

from stacks.programs import program

__all__ = ["program"]
