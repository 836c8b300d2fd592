"""People change their number while validation, segmentation by events and a query's result write what they read long ago."""

from __future__ import annotations

import itertools
import random
from typing import Any

from bench.hosted_service import APPLICATION, phone_number
from tests.chaos.aws import SLOW, Client
from tests.chaos.campaigns import TEXT, Crowd
from tests.chaos.scenario import Scenario, Stage
from tests.chaos.simulation import Killed

PEOPLE = 60
BATCH = 20


def numbers_that_change_while_they_are_validated(stage: Stage) -> None:
    from handlers.federated_segmentation.mutation import Batch
    from handlers.phone_number_validate.validation import Validator
    from handlers.shared.project_endpoints import ProjectEndpoints
    from handlers.shared.records.endpoint_columns import Columns
    from handlers.shared.records.reading import Place, Record

    chance = random.Random(stage.seed)
    aws = stage.account(kills=chance.choice((0, 2)), kill_share=0.02, busy_share=0.03)
    crowd = Crowd(aws, PEOPLE, TEXT)
    exported = [aws.endpoint(name) for name in crowd.people]
    wanted = dict(crowd.people)
    asked: list[str] = []
    fresh = itertools.count(30_000)

    def validate(NumberValidateRequest: dict[str, Any]) -> dict[str, Any]:
        number = NumberValidateRequest["PhoneNumber"]
        asked.append(number)
        invalid = int(number[-1]) == 9
        told = {"PhoneType": "INVALID"} if invalid else {"PhoneType": "MOBILE", "CleansedPhoneNumberE164": number}
        return aws.call("PhoneNumberValidate", lambda: {"NumberValidateResponse": told}, SLOW)

    def validation() -> None:
        for start in range(0, PEOPLE, BATCH):
            while True:
                try:
                    aws.simulation.call(lambda start=start: _validate(exported[start : start + BATCH]))
                except (Killed, Exception):  # noqa: BLE001  its state machine calls again
                    continue
                break

    def _validate(batch: list[dict[str, Any]]) -> None:
        numbers = Client(phone_number_validate=validate)
        with Validator(numbers, ProjectEndpoints(APPLICATION), country="US", calls=4) as validator:
            validator.take(batch)
            aws.simulation.sleep(chance.uniform(0, 5))
            validator.flush()

    def mutation() -> None:
        names = list(crowd.people)
        for start in range(0, PEOPLE, BATCH):
            batch = Batch(Columns(["Id", "Attributes.Offer"]))
            for name in names[start : start + BATCH]:
                batch.take(Record(1, [name, "spring"], "", Place(0, 1), Place(10, 2)))
            aws.simulation.sleep(chance.uniform(0, 4))
            batch.write(ProjectEndpoints(APPLICATION))

    def events() -> None:
        for name in chance.sample(sorted(crowd.people), PEOPLE):
            aws.simulation.sleep(chance.uniform(0, 0.2))
            ProjectEndpoints(APPLICATION).update([{"Id": name, "Attributes": {"Opened": ["yes"]}}])

    def change(name: str):
        def run() -> None:
            for _ in range(chance.choice((1, 1, 2))):
                aws.simulation.sleep(chance.uniform(0, 8))
                number = phone_number(next(fresh))
                crowd.update(name, Address=number)
                wanted[name] = number

        return run

    changing = chance.sample(sorted(crowd.people), 30)
    aws.simulation.run(validation, mutation, events, *map(change, changing))
    for name, number in wanted.items():
        endpoint = aws.endpoint(name)
        assert endpoint["Address"] == number, f"{name} has an old number again"
        assert endpoint["Attributes"]["Offer"] == ["spring"] and endpoint["Attributes"]["Opened"] == ["yes"]
        judged = endpoint["Attributes"].get("PNV_OriginalPhoneNumber", [""])[0]
        if judged and judged != number:
            assert endpoint["EndpointStatus"] == "ACTIVE", f"{name} is inactive for a number that was left"
    assert len(asked) <= PEOPLE + aws.faults.killed * BATCH, "more was paid for than a batch for each process that died"
    stage.counts.update({"people": PEOPLE, "changed": len(changing), "asked": len(asked)})


SCENARIOS = (
    Scenario(
        numbers_that_change_while_they_are_validated,
        10,
        100,
        "27 of 80 people who changed their number had the old one back",
    ),
)
