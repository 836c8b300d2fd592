"""Opt-out lists and the numbers on them."""

import re
import time
from dataclasses import dataclass, field

from sandbox.world.sms_voice.faults import Parameters, SmsVoiceError, invalid, missing, page_of, taken

PHONE_NUMBER = re.compile(r"\+?[1-9][0-9]{1,18}")
DEFAULT_LIST = "Default"


@dataclass
class OptOutList:
    """A list of numbers that get no messages. numbers: E.164 number -> when it was added (epoch seconds).

    by_themselves: the numbers whose owners opted out by a text.
    """

    name: str
    created: float
    numbers: dict[str, float] = field(default_factory=dict)
    by_themselves: set[str] = field(default_factory=set)

    def add(self, number: str, by_themselves: bool = False) -> None:
        """Adds a number; one that is on the list keeps its time."""
        self.numbers.setdefault(number, time.time())
        if by_themselves:
            self.by_themselves.add(number)

    def remove(self, number: str) -> None:
        """Takes a number off."""
        del self.numbers[number]
        self.by_themselves.discard(number)

    def about(self, number: str) -> Parameters:
        """A number as the service describes it."""
        return {
            "OptedOutNumber": number,
            "OptedOutTimestamp": self.numbers[number],
            "EndUserOptedOut": number in self.by_themselves,
        }


class OptOutLists:
    """Part of the model."""

    def __init__(self) -> None:
        self.lists = {DEFAULT_LIST: OptOutList(DEFAULT_LIST, time.time())}

    def arn(self, resource: str) -> str:
        """The ARN of one of the service's resources."""
        raise NotImplementedError

    def tag(self, arn: str, parameters: Parameters) -> None:
        """Gives a new resource its tags."""
        raise NotImplementedError

    def users_of_list(self, name: str) -> list[str]:
        """The ids of the phone numbers that honour a list."""
        raise NotImplementedError

    def opt_out_list(self, name: str) -> OptOutList:
        """A list by its name or ARN. Raises SmsVoiceError."""
        found = self.lists.get(name.rsplit("/", 1)[-1])
        if found is None:
            raise missing("opt-out-list", name)
        return found

    def _about_list(self, found: OptOutList) -> Parameters:
        return {"OptOutListArn": self.arn(f"opt-out-list/{found.name}"), "OptOutListName": found.name}

    def create_opt_out_list(self, parameters: Parameters) -> Parameters:
        """CreateOptOutList."""
        name = parameters["OptOutListName"]
        if name in self.lists:
            raise taken("opt-out-list", name)
        self.lists[name] = OptOutList(name, time.time())
        about = self._about_list(self.lists[name])
        self.tag(about["OptOutListArn"], parameters)
        tags = {"Tags": parameters["Tags"]} if parameters.get("Tags") else {}
        return {**about, **tags, "CreatedTimestamp": self.lists[name].created}

    def delete_opt_out_list(self, parameters: Parameters) -> Parameters:
        """DeleteOptOutList: refused while a phone number honours it, and for the account's default list."""
        found = self.opt_out_list(parameters["OptOutListName"])
        if found.name == DEFAULT_LIST:
            raise SmsVoiceError(
                "ConflictException",
                "the account's default opt-out list cannot be deleted",
                Reason="RESOURCE_DELETION_NOT_ALLOWED",
                ResourceType="opt-out-list",
                ResourceId=found.name,
            )
        if users := self.users_of_list(found.name):
            raise SmsVoiceError(
                "ConflictException",
                f"opt-out list {found.name!r} is in use by {', '.join(users)}",
                Reason="RESOURCE_NOT_EMPTY",
                ResourceType="opt-out-list",
                ResourceId=found.name,
            )
        del self.lists[found.name]
        return {**self._about_list(found), "CreatedTimestamp": found.created}

    def describe_opt_out_lists(self, parameters: Parameters) -> Parameters:
        """DescribeOptOutLists."""
        names = parameters.get("OptOutListNames")
        found = [self.opt_out_list(name) for name in names] if names else list(self.lists.values())
        page, token = page_of(found, parameters)
        lists = [{**self._about_list(item), "CreatedTimestamp": item.created} for item in page]
        return {"OptOutLists": lists, **token}

    def put_opted_out_number(self, parameters: Parameters) -> Parameters:
        """PutOptedOutNumber."""
        found = self.opt_out_list(parameters["OptOutListName"])
        number = e164("OptedOutNumber", parameters["OptedOutNumber"])
        found.add(number)
        return {**self._about_list(found), **found.about(number)}

    def delete_opted_out_number(self, parameters: Parameters) -> Parameters:
        """DeleteOptedOutNumber."""
        found = self.opt_out_list(parameters["OptOutListName"])
        number = e164("OptedOutNumber", parameters["OptedOutNumber"])
        if number not in found.numbers:
            raise missing("opted-out-number", number)
        answer = {**self._about_list(found), **found.about(number)}
        found.remove(number)
        return answer

    def describe_opted_out_numbers(self, parameters: Parameters) -> Parameters:
        """DescribeOptedOutNumbers. Filter: `end-user-opted-out` with `true` or `false`."""
        found = self.opt_out_list(parameters["OptOutListName"])
        wanted = [e164("OptedOutNumbers", number) for number in parameters.get("OptedOutNumbers") or ()]
        for number in wanted:
            if number not in found.numbers:
                raise missing("opted-out-number", number)
        numbers = wanted or list(found.numbers)
        for item in parameters.get("Filters") or ():
            if item["Name"] != "end-user-opted-out":
                raise invalid("Filters", f"filter {item['Name']!r} is not 'end-user-opted-out'")
            numbers = [one for one in numbers if str(one in found.by_themselves).lower() in item["Values"]]
        page, token = page_of(numbers, parameters)
        return {**self._about_list(found), "OptedOutNumbers": [found.about(item) for item in page], **token}


def e164(name: str, value: str) -> str:
    """A number with its `+`. Raises SmsVoiceError naming the member that has it."""
    if not PHONE_NUMBER.fullmatch(value):
        raise invalid(name, f"{name} {value!r} is not a phone number in E.164 format", "INVALID_PARAMETER")
    return value if value.startswith("+") else f"+{value}"
