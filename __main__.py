"""Where Pulumi starts: runs the program of the selected stack (see stacks/)."""

import pulumi

from stacks import program

pulumi.run(program)
