"""`sandbox demo extensions`: customers of a data lake get offers in their language, a website, and a call."""

import http.client
import json
import secrets
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox import outbox, servers
from sandbox.demos import channels, lake
from sandbox.demos.clients import engagement_client
from sandbox.demos.stage import begin
from sandbox.deployer.clients import Clients
from sandbox.errors import SandboxError
from sandbox.folder import REPOSITORY, Folder

STACK = "everything"
PEOPLE = 30
LANGUAGES = {"en_US": ("en", "Hello"), "de_DE": ("de", "Hallo"), "pt_BR": ("pt-br", "Olá")}
"""By an endpoint's locale: the folder of the template, and how it greets."""
RENEWALS = "SELECT endpoint_id AS Id FROM customers WHERE stage = 'Renewal'"
MESSAGE = {"Title": "{{Attributes.subject}}", "HtmlBody": "<html>{{Attributes.html}}</html>"}
SITE = REPOSITORY / "docs" / "examples" / "site"
DEADLINE_SECONDS = 120


@dataclass(frozen=True)
class Customer:
    """run: what tells this demo's people from those of another run. Every third stands before a renewal."""

    run: str
    number: int

    @property
    def endpoint(self) -> str:
        return f"{self.run}-{self.number}"

    @property
    def address(self) -> str:
        return f"success+{self.endpoint}@simulator.amazonses.com"

    @property
    def renews(self) -> bool:
        return self.number % 3 == 0

    @property
    def locale(self) -> str:
        return list(LANGUAGES)[self.number % 5 % 3]

    @property
    def offer(self) -> str:
        """Every second who renews has one of his own."""
        return f"{self.number} % off" if self.number % 2 else ""

    @property
    def mail(self) -> tuple[str, str]:
        """Subject and body of the mail that this customer must get."""
        greeting = f"{LANGUAGES[self.locale][1]} Customer{self.number}"
        return greeting, f"<html><p>{greeting}: {self.offer}</p></html>"


@dataclass
class Scene:
    """What the demo works with."""

    folder: Folder
    running: servers.Servers
    aws: Clients
    exports: Mapping[str, Any]
    client: Any
    people: list[Customer]

    @property
    def application(self) -> str:
        return self.exports["applicationId"]

    @property
    def run(self) -> str:
        return self.people[0].run

    @property
    def renewing(self) -> list[Customer]:
        return [person for person in self.people if person.renews]


def run(folder: Folder, errors: Console) -> None:
    """A query becomes a segment, a campaign gets its offers and templates as it sends, a site is served, people are called."""
    stage = begin(folder, errors, STACK)
    out, running, exports = stage.out, stage.running, stage.exports
    mark = f"renewal{secrets.token_hex(3)}"
    people = [Customer(mark, number) for number in range(PEOPLE)]
    client = engagement_client(running, exports["endpointUrl"])
    scene = Scene(folder, running, running.clients(), exports, client, people)
    _prepare(scene)
    with errors.status("querying the data lake"):
        segment = _segment(scene)
    out.print(f"2. Athena, `{RENEWALS}`: segment {segment} of {len(scene.renewing)} people", markup=False)
    with errors.status("sending the campaign"):
        sent = _campaign(scene, segment)
    out.print(f"3. a campaign for it is out, edited by the project's hook as it was sent: {len(sent)} emails")
    table = Table("to", "subject", "body", title="One of each language")
    for locale in LANGUAGES:
        person = next(one for one in scene.renewing if one.locale == locale and one.offer)
        table.add_row(person.address, *sent.get(person.address, ("nothing", "")))
    out.print(table)
    problems = mail_problems(scene, sent)
    found = site_problems(scene)
    if not found:
        out.print(f"4. https://{exports['domain']}/ serves {SITE.relative_to(REPOSITORY)}; its bucket refuses readers")
    callers = channels.Callers(folder, running, exports, client, mark)
    with errors.status("calling people, and writing to them in WhatsApp"):
        unreached = channels.called(callers)
    if not unreached:
        told = "Amazon Connect and WhatsApp reached each of them once, and told of the one whom they refused"
        out.print(f"5. two campaigns by custom channels to {channels.PEOPLE} people: {told}")
    if problems := [*problems, *found, *unreached]:
        raise SandboxError(f"the demo did not end as it must: {'; '.join(problems)}", "sandbox logs ''")
    out.print(f"{stage.seconds()} in all. The sandbox keeps running: sandbox status, sandbox down")


def _prepare(scene: Scene) -> None:
    """Endpoints, what the lake knows of them, offers, templates."""
    items = [
        {
            "Id": person.endpoint,
            "ChannelType": "EMAIL",
            "Address": person.address,
            "Attributes": {"FirstName": [f"Customer{person.number}"]},
            "Demographic": {"Locale": person.locale},
        }
        for person in scene.people
    ]
    scene.client.update_endpoints_batch(ApplicationId=scene.application, EndpointBatchRequest={"Item": items})
    lake.fill(scene.aws, [[one.endpoint, "Renewal" if one.renews else "New", "none"] for one in scene.people])
    offers = [
        {"PutRequest": {"Item": {"key": {"S": one.endpoint}, "offer": {"S": one.offer}}}}
        for one in scene.people
        if one.offer
    ]
    table = scene.exports["sendTimeAttributesTableName"]
    scene.aws("dynamodb").batch_write_item(RequestItems={table: offers})
    bucket, prefix = scene.exports["externalTemplatesBucketName"], scene.exports["externalTemplatesPrefix"]
    for language, greeting in LANGUAGES.values():
        subject = f"{greeting} {{{{Attributes.FirstName}}}}"
        parts = {"subject.txt": subject, "body.html": f"<p>{subject}: {{{{Attributes.Offer}}}}</p>"}
        for part, text in parts.items():
            key = f"{prefix}{scene.run}/{language}/{part}"
            scene.aws("s3").put_object(Bucket=bucket, Key=key, Body=text.encode())


def _segment(scene: Scene) -> str:
    """The segment that a `direct` query makes."""
    states = scene.aws("stepfunctions")
    started = states.start_execution(
        stateMachineArn=scene.exports["federatedSegmentationStateMachineArn"],
        name=scene.run,
        input=json.dumps({"Query": RENEWALS, "Type": "direct", "SegmentName": scene.run}),
    )
    run = _ended(
        lambda: states.describe_execution(executionArn=started["executionArn"]),
        lambda found: found["status"] != "RUNNING",
        "the query's run",
    )
    if run["status"] != "SUCCEEDED":
        raise SandboxError(f"the query's run is {run['status']}: {run.get('cause', '')}", "sandbox logs federated")
    segments = scene.client.get_segments(ApplicationId=scene.application, PageSize="1000")["SegmentsResponse"]["Item"]
    made = [segment for segment in segments if segment["Name"] == scene.run]
    if [segment["ImportDefinition"]["Size"] for segment in made] != [len(scene.renewing)]:
        raise SandboxError(f"the query made {len(made)} segments, not one of {len(scene.renewing)} people")
    return made[0]["Id"]


def _campaign(scene: Scene, segment: str) -> dict[str, tuple[str, str]]:
    """Sends to the segment; returns subject and body by address."""
    before = len(outbox.messages(scene.folder, scene.running))
    request = {
        "Name": scene.run,
        "SegmentId": segment,
        "SegmentVersion": 1,
        "Schedule": {"StartTime": "IMMEDIATE"},
        "MessageConfiguration": {"EmailMessage": MESSAGE},
    }
    client, application = scene.client, scene.application
    made = client.create_campaign(ApplicationId=application, WriteCampaignRequest=request)["CampaignResponse"]["Id"]
    _ended(
        lambda: client.get_campaign(ApplicationId=application, CampaignId=made)["CampaignResponse"],
        lambda found: found["State"]["CampaignStatus"] == "COMPLETED",
        f"campaign {made}",
    )
    return {found.to: (found.subject, found.body) for found in outbox.messages(scene.folder, scene.running)[before:]}


def _ended(look: Callable[[], Any], done: Callable[[Any], bool], what: str) -> Any:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not done(found := look()):
        if time.monotonic() > deadline:
            raise SandboxError(f"{what} has not ended after {DEADLINE_SECONDS} s", "sandbox logs ''")
        time.sleep(0.3)
    return found


def mail_problems(scene: Scene, sent: Mapping[str, tuple[str, str]]) -> list[str]:
    """Those who renew, and nobody else, got their own offer in their own language."""
    wanted = {person.address: person.mail for person in scene.renewing}
    return [
        f"{address} got {sent.get(address)}, not {wanted.get(address)}"
        for address in sorted({*wanted, *sent})
        if sent.get(address) != wanted.get(address)
    ]


def site_problems(scene: Scene) -> list[str]:
    """The page is reached through the distribution with its type and headers, and not by the bucket."""
    by_name = {"Host": scene.exports["domain"], "X-Forwarded-Proto": "https"}
    status, headers, body = _get(f"{scene.running.endpoint}/", by_name)
    problems = []
    if (status, body) != (200, (SITE / "index.html").read_bytes()):
        problems.append(f"the site answers {status} and {len(body)} bytes, not its page")
    if not str(headers.get("Strict-Transport-Security", "")).startswith("max-age"):
        problems.append("the site answers without the header Strict-Transport-Security")
    past, _, _ = _get(f"{scene.running.endpoint}/{scene.exports['bucketName']}/index.html", {})
    if past != 403:
        problems.append(f"the site's bucket answers {past} to anyone, not 403")
    return problems


def _get(url: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
    place = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc, timeout=10)
    try:
        connection.request("GET", place.path, headers=dict(headers))
        answer = connection.getresponse()
        return answer.status, dict(answer.headers), answer.read()
    finally:
        connection.close()
