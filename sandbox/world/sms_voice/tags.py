"""Tags of the service's resources, whatever they are."""

from collections.abc import Callable

from sandbox.world.sms_voice.faults import Parameters, missing


class Tags:
    """Part of the model. tagged_kinds: what raises SmsVoiceError for a resource that is not there, by the ARN's kind."""

    def __init__(self) -> None:
        self._tags: dict[str, dict[str, str]] = {}

    @property
    def tagged_kinds(self) -> dict[str, Callable[[str], object]]:
        """By the kind that stands in the ARN; each takes the ARN."""
        raise NotImplementedError

    def tag(self, arn: str, parameters: Parameters) -> None:
        """Gives a new resource the tags that its creation names, and no others."""
        self._tags[arn] = {tag["Key"]: tag["Value"] for tag in parameters.get("Tags") or []}

    def tag_resource(self, parameters: Parameters) -> Parameters:
        """TagResource."""
        self._of(parameters).update({tag["Key"]: tag["Value"] for tag in parameters["Tags"]})
        return {}

    def untag_resource(self, parameters: Parameters) -> Parameters:
        """UntagResource."""
        for key in parameters["TagKeys"]:
            self._of(parameters).pop(key, None)
        return {}

    def list_tags_for_resource(self, parameters: Parameters) -> Parameters:
        """ListTagsForResource."""
        listed = [{"Key": key, "Value": value} for key, value in self._of(parameters).items()]
        return {"ResourceArn": parameters["ResourceArn"], "Tags": listed}

    def _of(self, parameters: Parameters) -> dict[str, str]:
        arn = parameters["ResourceArn"]
        kind = arn.split(":", 5)[-1].partition("/")[0]
        if kind not in self.tagged_kinds:
            raise missing(kind, arn)
        self.tagged_kinds[kind](arn)
        return self._tags.setdefault(arn, {})
