"""The package's schema: the same resources, fields and words as the config of the stacks."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pydantic
import pytest

from components.plugin.offered import OFFERS
from components.plugin.schema import schema, token
from stacks import everything

MADE = schema("1.2.3")
ARCHITECTURES = {key: model.__name__.removesuffix("Config") for key, model in everything.ARCHITECTURES.items()}
BESIDE_CONFIG = {
    "EventDatabase": {"archivePrefix"},
    "ImportValidateCampaign": {
        "importStatusTopicArn",
        "phoneValidateStateMachineArn",
        "phoneValidateNotificationTopicArn",
        "campaignCreateStateMachineArn",
        "campaignNotificationTopicArn",
    },
}
"""What components take beside their config and the project."""


def names(model: type[pydantic.BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()} - {"enabled"}


def references(spec: Any) -> Iterator[str]:
    if isinstance(spec, Mapping):
        for key, value in spec.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(spec, list):
        for each in spec:
            yield from references(each)


def test_the_seventeen_are_all_offered():
    assert len({*ARCHITECTURES} - {"whatsAppChannel"}) == 17
    for name in ARCHITECTURES.values():
        assert MADE["resources"][token(name)]["isComponent"], name


@pytest.mark.parametrize("key", ARCHITECTURES)
def test_an_architecture_has_the_fields_of_its_config_and_what_it_is_wired_to(key: str):
    name = ARCHITECTURES[key]
    resource = MADE["resources"][token(name)]
    project = set() if key == "simpleCms" else {"project"}
    expected = names(everything.ARCHITECTURES[key]) | project | BESIDE_CONFIG.get(name, set())
    assert set(resource["inputProperties"]) == expected
    assert set(resource["requiredInputs"]) == project | BESIDE_CONFIG.get(name, set()) - {"archivePrefix"}


def test_the_project_has_the_fields_of_its_config():
    resource = MADE["resources"][token("EngagementProject")]
    assert set(resource["inputProperties"]) == names(everything.MODELS["project"])
    assert resource["requiredInputs"] == []


def test_nested_config_has_the_same_fields_and_needs_the_same():
    found = MADE["types"][token("SegmentationRule")]
    model = everything.ARCHITECTURES["eventBasedSegmentation"].model_fields["rules"].annotation
    [rule] = [each for each in model.__args__ if each is not Ellipsis]
    assert set(found["properties"]) == names(rule)
    assert set(found["required"]) == {
        field.alias or name for name, field in rule.model_fields.items() if field.is_required()
    }


@pytest.mark.parametrize(
    ("resource", "field", "expected"),
    [
        ("S3TriggeredImport", "prefix", {"type": "string"}),
        ("S3TriggeredImport", "pollSeconds", {"type": "integer"}),
        ("ConnectChannel", "callsPerSecond", {"type": "number"}),
        ("SmsS3Drop", "retainData", {"type": "boolean"}),
        ("S3TriggeredImport", "suppressOptOutLists", {"type": "array", "items": {"type": "string"}}),
        ("S3TriggeredImport", "bucket", {"$ref": "#/types/engagement:index:BucketConfig"}),
        ("S3TriggeredImport", "format", {"$ref": "#/types/engagement:index:S3TriggeredImportFormat"}),
        (
            "SelfManagedOptOuts",
            "languages",
            {"type": "object", "additionalProperties": {"$ref": "#/types/engagement:index:LanguageKeywords"}},
        ),
        (
            "SesEventProcessing",
            "identities",
            {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        ),
    ],
)
def test_each_kind_of_field_has_its_type(resource: str, field: str, expected: dict[str, Any]):
    found = MADE["resources"][token(resource)]["inputProperties"][field]
    assert found | expected == found
    assert found["plain"], "config is known while the program runs"


def test_a_field_is_described_as_on_its_page_with_its_default():
    found = MADE["resources"][token("S3TriggeredImport")]["inputProperties"]["prefix"]
    assert found["description"] == "What the keys of files to import begin with. Default: `import/`."


def test_choices_are_enumerations():
    assert MADE["types"][token("S3TriggeredImportFormat")] == {
        "type": "string",
        "enum": [{"name": "Csv", "value": "CSV"}, {"name": "Json", "value": "JSON"}],
    }


def test_what_a_resource_gives_as_project_is_what_the_others_take():
    given = MADE["resources"][token("EngagementProject")]["properties"]["project"]["$ref"]
    taken = {
        resource["inputProperties"]["project"]["$ref"]
        for resource in MADE["resources"].values()
        if "project" in resource["inputProperties"]
    }
    assert taken == {given}


def test_every_reference_of_the_schema_is_to_a_type_that_is_there():
    there = {f"#/types/{name}" for name in MADE["types"]}
    assert set(references(json.loads(json.dumps(MADE)))) <= there


def test_every_output_and_input_is_described():
    bare = [
        f"{name}.{key}"
        for name, resource in MADE["resources"].items()
        for group in ("inputProperties", "properties")
        for key, spec in resource[group].items()
        if not spec["description"]
    ]
    assert not bare
    assert [name for name, offer in OFFERS.items() if not offer.description.endswith((".", ":"))] == []
