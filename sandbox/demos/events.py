"""`sandbox demo events`: a campaign by email and text message to 200 people, and what the readers of events make of it."""

import re
import secrets
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox import outbox, servers
from sandbox.demos import findings
from sandbox.demos.clients import engagement_client
from sandbox.demos.people import SUPPRESSED, Person
from sandbox.demos.stage import begin
from sandbox.deployer.clients import Clients
from sandbox.errors import SandboxError
from sandbox.folder import REPOSITORY, Folder
from sandbox.loopback import post

STACK = "everything"
PEOPLE = 200
DEADLINE_SECONDS = 180
"""For the campaign, and again for all that follows; a quiet machine needs a fraction."""
EMAIL = {
    "Subject": "{{User.UserAttributes.FirstName}}, our autumn offer",
    "HtmlPart": '<p>Hello {{User.UserAttributes.FirstName}}!</p><a href="https://example.com/offer">See it</a> '
    '<a ses:tags="unsubscribeLinkTag:click;" href="https://example.com/unsubscribe">Unsubscribe</a>',
    "TextPart": "Hello {{User.UserAttributes.FirstName}}!",
}
TEXT = {"Body": "Hello {{User.UserAttributes.FirstName}}, see our autumn offer."}
OFFER, UNSUBSCRIBE = "https://example.com/offer", "https://example.com/unsubscribe"
TOTALS = (REPOSITORY / "docs" / "examples" / "campaign-totals.sql").read_text(encoding="utf-8")
EMAILS_OF = (REPOSITORY / "docs" / "examples" / "emails-of-an-address.sql").read_text(encoding="utf-8")
EXAMPLE_ADDRESS = "example_address@example.com"
"""The address that the example asks about."""
OUTCOMES = """
SELECT event_type, count(*) AS n FROM all_events
WHERE element_at(attributes, 'campaign_id') = '{campaign}' GROUP BY event_type
"""
KEY = re.compile(r"(?P<endpoint>[^/]+)/\d{4}/\d\d/\d\d/\d\d/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass
class Scene:
    """What the demo works with. before: the suppression list as it was."""

    aws: Clients
    endpoint: str
    exports: dict[str, Any]
    client: Any
    people: list[Person]
    before: dict[str, str]
    campaign: str = ""

    @property
    def application(self) -> str:
        return self.exports["applicationId"]

    @property
    def run(self) -> str:
        return self.people[0].run

    def query(self, sql: str) -> list[dict[str, str]]:
        """A query's rows, in the event database's workgroup."""
        return findings.rows(self.aws, self.exports["eventWorkgroupName"], self.exports["eventDatabaseName"], sql)


def run(folder: Folder, errors: Console) -> None:
    """A campaign, what became of it, and five architectures that took note."""
    stage = begin(folder, errors, STACK)
    out, running, exports = stage.out, stage.running, stage.exports
    tag = f"demo{secrets.token_hex(3)}"
    scene = Scene(
        running.clients(),
        running.endpoint,
        exports,
        engagement_client(running, exports["endpointUrl"]),
        [Person(tag, number) for number in range(PEOPLE)],
        findings.suppressed(running.clients()),
    )
    with errors.status(f"writing to {PEOPLE} people"):
        sent = _campaign(scene, folder, running)
    out.print(f"2. campaign {scene.campaign}: {len(sent['EMAIL'])} emails and {len(sent['SMS'])} texts are out")
    _engage(scene, sent["EMAIL"])
    fates = Counter(person.kind for person in scene.people)
    opened, clicked, left = (
        sum(getattr(person, does) for person in scene.people) for does in ("opens", "clicks", "unsubscribes")
    )
    out.print(
        f"3. of the emails {fates['bounce']} bounced and {fates['complaint']} were complained about; "
        f"{opened} people opened theirs, {clicked} clicked, {left} unsubscribed"
    )
    _check_all(scene, out, errors)
    out.print(f"{stage.seconds()} in all. The sandbox keeps running: sandbox status, sandbox down")


def _campaign(scene: Scene, folder: Folder, running: servers.Servers) -> dict[str, list[Any]]:
    """Sends the campaign; returns the messages that went out, by channel."""
    client, application = scene.client, scene.application
    endpoints = [endpoint for person in scene.people for endpoint in person.endpoints()]
    for start in range(0, len(endpoints), 100):
        batch = {"Item": endpoints[start : start + 100]}
        client.update_endpoints_batch(ApplicationId=application, EndpointBatchRequest=batch)
    client.create_email_template(TemplateName=scene.run, EmailTemplateRequest=EMAIL)
    client.create_sms_template(TemplateName=scene.run, SMSTemplateRequest=TEXT)
    before = len(outbox.messages(folder, running))
    template = {"Name": scene.run}
    campaign = {
        "Name": scene.run,
        "SegmentId": _segment(scene, {}),
        "SegmentVersion": 1,
        "Schedule": {"StartTime": "IMMEDIATE"},
        "TemplateConfiguration": {"EmailTemplate": template, "SMSTemplate": template},
    }
    made = client.create_campaign(ApplicationId=application, WriteCampaignRequest=campaign)["CampaignResponse"]
    scene.campaign = made["Id"]
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (status := made["State"]["CampaignStatus"]) != "COMPLETED":
        if time.monotonic() > deadline:
            raise SandboxError(f"campaign {scene.campaign} is {status} after {DEADLINE_SECONDS} s", "sandbox logs ''")
        time.sleep(0.3)
        made = client.get_campaign(ApplicationId=application, CampaignId=scene.campaign)["CampaignResponse"]
    sent = outbox.messages(folder, running)[before:]
    channels = {channel: [message for message in sent if message.channel == channel] for channel in ("EMAIL", "SMS")}
    if short := [f"{len(found)} by {channel}" for channel, found in channels.items() if len(found) != PEOPLE]:
        raise SandboxError(f"{PEOPLE} people were to be written to, but messages were {', '.join(short)}")
    return channels


def _segment(scene: Scene, more: dict[str, str]) -> str:
    """A dynamic segment of this demo's endpoints whose attributes have these values."""
    attributes = {
        name: {"AttributeType": "INCLUSIVE", "Values": [value]} for name, value in {"demo": scene.run, **more}.items()
    }
    request = {"Name": "-".join([scene.run, *more]), "Dimensions": {"Attributes": attributes}}
    made = scene.client.create_segment(ApplicationId=scene.application, WriteSegmentRequest=request)
    return made["SegmentResponse"]["Id"]


def _engage(scene: Scene, emails: list[Any]) -> None:
    message = {found.to: found.message_id for found in emails}
    for person in scene.people:
        acts = [
            *([{"Kind": "open"}] if person.opens else []),
            *([{"Kind": "click", "Link": OFFER}] if person.clicks else []),
            *([{"Kind": "click", "Link": UNSUBSCRIBE}] if person.unsubscribes else []),
        ]
        for act in acts:
            post(f"{scene.endpoint}/_sandbox/engage", {"MessageId": message[person.address], **act})


def _check_all(scene: Scene, out: Console, errors: Console) -> None:
    checks: dict[str, Callable[[], list[str]]] = {
        "suppression list": lambda: suppression_problems(scene),
        "event database": lambda: database_problems(scene),
        "archive": lambda: archive_problems(scene),
        "segment opened": lambda: segment_problems(scene),
    }
    table = Table("what", "holds", "seen after", title="What the readers of events made of it")
    said = {
        "suppression list": f"{sum(person.kind in SUPPRESSED for person in scene.people)} addresses, all opted out",
        "event database": "both queries add up",
        "archive": f"{2 * PEOPLE} messages, each readable",
        "segment opened": f"the {sum(person.opens for person in scene.people)} who opened",
    }
    missing: list[str] = []
    began = time.monotonic()
    for name, check in checks.items():
        with errors.status(f"waiting for: {name}"):
            problems = _settled(check, began + DEADLINE_SECONDS)
        missing += [f"{name}: {problem}" for problem in problems]
        table.add_row(name, "not as it must" if problems else said[name], f"{time.monotonic() - began:.0f} s")
    out.print(table)
    if missing:
        raise SandboxError(f"the demo did not end as it must: {'; '.join(missing)}", "sandbox logs ''")


def _settled(check: Callable[[], list[str]], deadline: float) -> list[str]:
    """What is wrong at last: asked until nothing is, or the time is over."""
    while (problems := check()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return problems


def suppression_problems(scene: Scene) -> list[str]:
    """Exactly those who bounced or complained were added, and their endpoints are opted out."""
    now = findings.suppressed(scene.aws)
    added = {address: reason for address, reason in now.items() if address not in scene.before}
    wanted = {person.address: SUPPRESSED[person.kind] for person in scene.people if person.kind in SUPPRESSED}
    problems = _differences(wanted.items(), added.items(), "is suppressed")
    if problems:
        return problems
    client, application = scene.client, scene.application
    for person in scene.people:
        answer = client.get_endpoint(ApplicationId=application, EndpointId=person.email_endpoint)
        opted_out = answer["EndpointResponse"].get("OptOut") == "ALL"
        if opted_out != (person.kind in SUPPRESSED):
            problems.append(f"{person.address} is {'' if opted_out else 'not '}opted out")
    return problems


def database_problems(scene: Scene) -> list[str]:
    """The seed's two queries, and how the campaign's events add up to what was sent."""
    counts = {row["event_type"]: int(row["n"]) for row in scene.query(OUTCOMES.format(campaign=scene.campaign))}
    people = scene.people
    bounced = sum(person.kind == "bounce" for person in people)
    opened = sum(person.opens for person in people)
    clicked = sum(person.clicks for person in people) + sum(person.unsubscribes for person in people)
    left = sum(person.unsubscribes for person in people)
    wanted = {
        "_campaign.send": 2 * PEOPLE,
        "_email.send": PEOPLE,
        "_email.delivered": PEOPLE - bounced,
        "_email.hardbounce": bounced,
        "_email.complaint": sum(person.kind == "complaint" for person in people),
        "_email.open": opened,
        "_email.click": clicked,
        "_email.unsubscribe": left,
        "_SMS.BUFFERED": PEOPLE,
        "_SMS.SUCCESS": PEOPLE - 1,
        "_SMS.FAILURE": 1,
    }
    problems = [
        f"{counts.get(name, 0)} events {name}, not {wanted.get(name, 0)}"
        for name in sorted({*counts, *wanted})
        if counts.get(name, 0) != wanted.get(name, 0)
    ]
    if problems:
        return problems
    totals = {row["pinpoint_campaign_id"]: [*row.values()][1:] for row in scene.query(TOTALS)}
    if totals.get(scene.campaign) != [str(n) for n in (PEOPLE, opened, clicked, bounced, 0, left)]:
        problems.append(f"query campaign-totals says {totals.get(scene.campaign)} of the campaign")
    for kind, did_open in (("bounce", False), ("complaint", False), ("success", False), ("success", True)):
        person = next(one for one in people if one.kind == kind and one.opens == did_open)
        found = [(row["EmailSubject"], row["DidOpen"]) for row in scene.query(_emails_of(person.address))]
        if found != [(f"{person.name}, our autumn offer", str(int(did_open)))]:
            problems.append(f"query emails-of-an-address says {found} of {person.address}")
    return problems


def _emails_of(address: str) -> str:
    return EMAILS_OF.replace(EXAMPLE_ADDRESS, address)


def archive_problems(scene: Scene) -> list[str]:
    """Each message that was sent is there once, at the key of its endpoint, and holds what its recipient was told."""
    bucket, prefix = scene.exports["archiveBucketName"], scene.exports["archivePrefix"]
    found = findings.keys(scene.aws, bucket, f"{prefix}{scene.run}-")
    endpoints = {key: KEY.fullmatch(key.removeprefix(prefix)) for key in found}
    problems = [f"key {key} is not of the contract" for key, match in endpoints.items() if not match]
    wanted = {endpoint: person for person in scene.people for endpoint in (person.email_endpoint, person.sms_endpoint)}
    times = Counter(match["endpoint"] for match in endpoints.values() if match)
    problems += [f"{times[endpoint]} messages of {endpoint}" for endpoint in wanted if times[endpoint] != 1]
    problems += [f"a message of {endpoint}, who was sent none" for endpoint in times if endpoint not in wanted]
    if problems:
        return problems
    for key, message in findings.archived(scene.aws, bucket, found).items():
        endpoint = str(message["EndpointId"])
        match = endpoints[key]
        said = " ".join(part.get_content() for part in message.iter_parts())
        if not match or endpoint != match["endpoint"] or message["CampaignId"] != scene.campaign:
            problems.append(f"{key} is of endpoint {endpoint}, campaign {message['CampaignId']}")
        elif message.defects or f"Hello {wanted[endpoint].name}" not in said:
            problems.append(f"{key} does not greet {wanted[endpoint].name}: {said!r} {message.defects}")
    return problems


def segment_problems(scene: Scene) -> list[str]:
    """A dynamic segment on opened_email holds exactly those who opened."""
    with findings.exports_to(scene.aws, scene.exports["project"]["job_role_arns"]) as (bucket, role):
        segment = _segment(scene, {"opened_email": "true"})
        job = {"RoleArn": role, "S3UrlPrefix": f"s3://{bucket}/", "SegmentId": segment}
        found = findings.exported(scene.aws, scene.client, scene.application, job)
    wanted = {person.email_endpoint for person in scene.people if person.opens}
    return _differences(wanted, found, "is in the segment")


def _differences(wanted: Any, found: Any, what: str) -> list[str]:
    return [
        *(f"{one} {what} not" for one in sorted(set(wanted) - set(found))),
        *(f"{one} {what}, but must not" for one in sorted(set(found) - set(wanted))),
    ]
