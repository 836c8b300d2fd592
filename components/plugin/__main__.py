"""Where Pulumi starts the package. It runs out of the repository: this folder is one of components."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[2])

from components.plugin.provider import main  # noqa: E402 it is found by the line above

main()
