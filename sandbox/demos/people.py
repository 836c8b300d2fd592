"""Who the demo of the events writes to, and what becomes of it: every address is one of SES's mailbox simulator."""

from dataclasses import dataclass

from sandbox.world.sms_voice.events import FAILING

KINDS = ("bounce", "complaint", "ooto", *["success"] * 7)
"""What the simulator does with a person's email, of ten people in a row."""
SUPPRESSED = {"bounce": "BOUNCE", "complaint": "COMPLAINT"}
"""The simulator's names that end on the suppression list, and the reason there."""


@dataclass(frozen=True)
class Person:
    """run: what tells this demo's people from those of another run. Everybody has email and a telephone."""

    run: str
    number: int

    @property
    def kind(self) -> str:
        return KINDS[self.number % len(KINDS)]

    @property
    def name(self) -> str:
        return f"Person{self.number}"

    @property
    def address(self) -> str:
        return f"{self.kind}+{self.run}-{self.number}@simulator.amazonses.com"

    @property
    def phone(self) -> str:
        """The first person's is the simulator's number to which nothing can be delivered."""
        return FAILING if self.number == 0 else f"+1425555{self.number:04d}"

    @property
    def email_endpoint(self) -> str:
        return f"{self.run}-email-{self.number}"

    @property
    def sms_endpoint(self) -> str:
        return f"{self.run}-sms-{self.number}"

    @property
    def opens(self) -> bool:
        return self.kind == "success" and self.number % 2 == 1

    @property
    def clicks(self) -> bool:
        return self.opens and self.number % 3 == 0

    @property
    def unsubscribes(self) -> bool:
        return self.opens and self.number % 25 == 5

    def endpoints(self) -> list[dict[str, object]]:
        """As UpdateEndpointsBatch takes them."""
        user = {"UserId": f"{self.run}-{self.number}", "UserAttributes": {"FirstName": [self.name]}}
        given = (("EMAIL", self.email_endpoint, self.address), ("SMS", self.sms_endpoint, self.phone))
        return [
            {"Id": identity, "ChannelType": channel, "Address": to, "User": user, "Attributes": {"demo": [self.run]}}
            for channel, identity, to in given
        ]
