"""A component gets another name and another parent; aliases say what it was."""

from pathlib import Path

from tests.engine.engine import Engine

STACK = "content-renamed"
PROGRAM = Path(__file__).with_name("renamed_program.py")


def test_a_component_that_is_renamed_and_moved_keeps_its_resources(engine: Engine):
    folder = engine.other_program("renamed", PROGRAM)
    engine.pulumi("stack", "select", "--create", STACK, folder=folder)
    up = ("up", "--yes", "--skip-preview", "--stack", STACK)
    try:
        first = engine.pulumi(*up, folder=folder, shortcuts=False, NAME="pages")
        assert first.code == 0, first.text
        moved = engine.pulumi(*up, folder=folder, shortcuts=False, NAME="site", OLD="pages")
        assert moved.code == 0, moved.text
        buckets = [
            step.op
            for step in moved.steps
            if step.type in ("aws:s3/bucket:Bucket", "aws:cloudfront/distribution:Distribution")
        ]
        assert buckets and set(buckets) <= {"same", "update"}
        assert not moved.of("delete", "replace", "create-replacement", "delete-replaced")
        again = engine.pulumi(*up, "--expect-no-changes", folder=folder, shortcuts=False, NAME="site", OLD="pages")
        assert again.code == 0, again.text
    finally:
        assert engine.destroy(STACK, folder=folder).code == 0
