"""The engagement project's API, as the commands call it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from botocore.config import Config

from commands.pages import items
from commands.service import post
from commands.service_models import ONCE, pinpoint_session
from handlers.shared.clients import sign_for_function_url


@dataclass(frozen=True)
class Project:
    """One application. endpoint_url: the hosted service's."""

    application: str
    endpoint_url: str

    @cached_property
    def client(self) -> Any:
        """A Pinpoint client that signs as a function URL asks for."""
        return self._client()

    def send(self, message_request: dict[str, Any]) -> dict[str, Any]:
        """SendMessages, by one call: address -> its MessageResult."""
        answer = self._client(ONCE).send_messages(ApplicationId=self.application, MessageRequest=message_request)
        return answer["MessageResponse"]["Result"]

    def campaigns(self) -> Iterator[dict[str, Any]]:
        """All campaigns, newest first, a page a call."""
        return items(self.client.get_campaigns, "CampaignsResponse", self.application)

    def campaign(self, identifier: str) -> dict[str, Any]:
        """One campaign. Raises NotFoundException."""
        return self.client.get_campaign(ApplicationId=self.application, CampaignId=identifier)["CampaignResponse"]

    def activities(self, identifier: str) -> list[dict[str, Any]]:
        """All runs of a campaign, one for each treatment, the latest first."""
        return list(
            items(self.client.get_campaign_activities, "ActivitiesResponse", self.application, CampaignId=identifier)
        )

    def counted(self, identifier: str) -> dict[str, Any]:
        """GetCampaignResults."""
        path = f"/v1/apps/{quote(self.application, safe='')}/campaigns/{quote(identifier, safe='')}/results"
        return post(self.endpoint_url, path)

    def recipient(self, identifier: str, endpoint: str) -> dict[str, Any]:
        """GetCampaignRecipient."""
        path = "/v1/apps/{}/campaigns/{}/recipients/{}"
        return post(
            self.endpoint_url, path.format(*(quote(each, safe="") for each in (self.application, identifier, endpoint)))
        )

    def erase_traces(self, document: dict[str, Any]) -> dict[str, int]:
        """EraseEndpointTraces: how many items were Deleted, and how many have to be Left for now."""
        path = f"/v1/apps/{quote(self.application, safe='')}/endpoint-traces-erasure"
        return post(self.endpoint_url, path, document)

    def journeys(self) -> Iterator[dict[str, Any]]:
        """All journeys, newest first, a page a call."""
        return items(self.client.list_journeys, "JourneysResponse", self.application)

    def journey(self, identifier: str) -> dict[str, Any]:
        """One journey. Raises NotFoundException."""
        return self.client.get_journey(ApplicationId=self.application, JourneyId=identifier)["JourneyResponse"]

    def journey_counts(self, identifier: str, activity: str = "", run: str = "") -> dict[str, int]:
        """The execution metrics of a journey or of an activity, over all runs or of one. Raises NotFoundException."""
        name = f"get_journey{'_run' if run else ''}_execution{'_activity' if activity else ''}_metrics"
        given = {"JourneyId": identifier, "JourneyActivityId": activity, "RunId": run}
        answer = getattr(self.client, name)(
            ApplicationId=self.application, **{key: value for key, value in given.items() if value}
        )
        (found,) = (value for key, value in answer.items() if key != "ResponseMetadata")
        return {metric: int(number) for metric, number in found["Metrics"].items()}

    def endpoint(self, identifier: str) -> dict[str, Any]:
        """One endpoint. Raises NotFoundException."""
        return self.client.get_endpoint(ApplicationId=self.application, EndpointId=identifier)["EndpointResponse"]

    def template(self, kind: str, name: str, version: str | None = None) -> dict[str, Any]:
        """A template: the version, or the active one. kind: SMS or EMAIL. Raises NotFoundException."""
        call, answer = {
            "SMS": (self.client.get_sms_template, "SMSTemplateResponse"),
            "EMAIL": (self.client.get_email_template, "EmailTemplateResponse"),
        }[kind]
        return call(TemplateName=name, **({"Version": version} if version else {}))[answer]

    def audience(self, campaign: dict[str, Any]) -> int | None:
        """How many endpoints the campaign's segment has, where it was imported; None: only its run finds out."""
        segment = self.client.get_segment(ApplicationId=self.application, SegmentId=campaign["SegmentId"])
        return (segment["SegmentResponse"].get("ImportDefinition") or {}).get("Size")

    def segment(self, identifier: str) -> dict[str, Any] | None:
        """One segment; None where it was deleted."""
        try:
            return self.client.get_segment(ApplicationId=self.application, SegmentId=identifier)["SegmentResponse"]
        except self.client.exceptions.NotFoundException:
            return None

    def _client(self, config: Config | None = None) -> Any:
        made: Any = pinpoint_session().client("pinpoint", endpoint_url=self.endpoint_url, config=config)
        return sign_for_function_url(made)
