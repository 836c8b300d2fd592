"""Where Pulumi starts the package. It runs out of the repository: this folder lies beside the others."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

from plugin.provider import main  # noqa: E402 it is found by the line above

main()
