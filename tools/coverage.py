"""Judges what the unit tests covered, as `make test` wrote it to .coverage.json. Exit code 1 where a floor is not held.

The share is of lines and branches together, as SlipCover counts them: each line of a statement is one. `--files` prints those below the floor, too.
"""

import json
import sys
from pathlib import Path

FLOOR = 90
PARTS = ("handlers/", "handlers/engagement/", "components/")
MEASURED = Path(__file__).resolve().parents[1] / ".coverage.json"


def share(summaries: list[dict[str, int]]) -> float:
    """In percent."""
    covered = sum(each["covered_lines"] + each["covered_branches"] for each in summaries)
    missing = sum(each["missing_lines"] + each["missing_branches"] for each in summaries)
    return 100 * covered / (covered + missing) if covered + missing else 100.0


files = {name: found["summary"] for name, found in json.loads(MEASURED.read_text(encoding="utf-8"))["files"].items()}
shares = {part: share([found for name, found in files.items() if name.startswith(part)]) for part in PARTS}
for part, found in shares.items():
    assert any(name.startswith(part) for name in files), f"nothing of {part} was measured"
    print(f"covered of {part:24} {found:6.2f} %, at least {FLOOR} are asked for")
if "--files" in sys.argv:
    for name, found in sorted(files.items(), key=lambda item: share([item[1]])):
        if share([found]) < FLOOR:
            print(f"{share([found]):6.2f} %  {name}")
sys.exit(any(found < FLOOR for found in shares.values()))
