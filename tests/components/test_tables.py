"""A table's indexes: what they hold, and that none goes before its successor is filled."""

import pulumi
import pulumi_aws as aws
import pytest

from components.building_blocks.table import Index, table
from tests.recorder import record

FORMER = Index("by-mail", "mail", "sk")
SUCCESSOR = Index("mails", "mail", "sk", keys_only=True, successor_of="by-mail", advice="keep both")


@pytest.fixture
def options(monkeypatch):
    """The resource options of the tables that are made."""
    made, real = [], aws.dynamodb.Table

    def noting(*arguments, opts, **inputs):
        made.append(opts)
        return real(*arguments, opts=opts, **inputs)

    monkeypatch.setattr(aws.dynamodb, "Table", noting)
    return made


def built(*indexes):
    return record(lambda: table("people", None, range_key="sk", indexes=indexes) and None).one("Table").inputs


def test_an_index_holds_whole_items_or_their_keys_alone():
    held = {each["name"]: each["projectionType"] for each in built(FORMER, SUCCESSOR)["globalSecondaryIndexes"]}
    assert held == {"by-mail": "ALL", "mails": "KEYS_ONLY"}


def test_an_update_waits_for_a_day_for_an_index_to_be_filled(options):
    built(FORMER)
    built()
    assert [each.custom_timeouts and each.custom_timeouts.update for each in options] == ["24h", None]


def test_a_table_whose_indexes_succeed_none_has_no_hook(options):
    built(FORMER)
    assert options[0].hooks is None


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [
        (["by-mail"], ["mails"], True),
        (["by-mail"], ["by-mail", "mails"], False),
        (["by-mail", "mails"], ["mails"], False),
        (["mails"], ["mails"], False),
        ([], ["mails"], False),
        (["by-name"], ["mails"], False),
    ],
)
def test_an_index_does_not_go_in_the_update_that_makes_its_successor(options, before, after, refused):
    built(SUCCESSOR)
    [hook] = options[0].hooks.before_update
    assert hook.opts.on_dry_run  # previews, too
    sides = [
        {"globalSecondaryIndexes": [{"name": name} for name in names]} if names else {} for names in (before, after)
    ]
    change = pulumi.ResourceHookArgs("urn", "id", "people", "t", old_inputs=sides[0], new_inputs=sides[1])
    if not refused:
        hook(change)
        return
    with pytest.raises(ValueError, match=r"table people: this update deletes index by-mail before .* first keep both"):
        hook(change)
