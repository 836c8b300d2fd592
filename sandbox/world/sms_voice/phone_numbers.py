"""Phone numbers of the account.

It has four to begin with, one of each type, all without two-way messages:
`phone-00000000000000000000000000000001` and so on, in the order of `FIRST_NUMBERS`.
"""

import secrets
import time

from sandbox.world.sms_voice.faults import Parameters, SmsVoiceError, invalid, missing, page_of
from sandbox.world.sms_voice.opt_outs import DEFAULT_LIST, OptOutLists

LONG_CODE, TOLL_FREE, TEN_DLC, SHORT_CODE, SIMULATOR = ("LONG_CODE", "TOLL_FREE", "TEN_DLC", "SHORT_CODE", "SIMULATOR")
FIRST_NUMBERS = (
    ("+16045550101", LONG_CODE, "CA"),
    ("+18335550102", TOLL_FREE, "US"),
    ("+12065550103", TEN_DLC, "US"),
    ("555104", SHORT_CODE, "US"),
)
REQUESTABLE = (LONG_CODE, TOLL_FREE, TEN_DLC, SIMULATOR)
"""A short code is had by a support case only."""
PREFIXES = {LONG_CODE: "+1604555", TOLL_FREE: "+1833555", TEN_DLC: "+1206555", SIMULATOR: "+1425555"}
PRICES = {LONG_CODE: "1.00", TOLL_FREE: "2.00", TEN_DLC: "1.00", SHORT_CODE: "995.00", SIMULATOR: "1.00"}
CONNECT = "connect."
"""How the channel begins that hands texts to Amazon Connect instead of a topic."""


class PhoneNumbers(OptOutLists):
    """Part of the model. phone_numbers: id -> what DescribePhoneNumbers tells."""

    def __init__(self) -> None:
        super().__init__()
        self.phone_numbers: dict[str, Parameters] = {}
        for count, (number, kind, country) in enumerate(FIRST_NUMBERS, 1):
            self._add(f"phone-{count:032}", number, kind, country, {})

    def _add(self, identifier: str, number: str, kind: str, country: str, given: Parameters) -> Parameters:
        self.phone_numbers[identifier] = {
            "PhoneNumberArn": self.arn(f"phone-number/{identifier}"),
            "PhoneNumberId": identifier,
            "PhoneNumber": number,
            "Status": "ACTIVE",
            "IsoCountryCode": country,
            "MessageType": given.get("MessageType", "TRANSACTIONAL"),
            "NumberCapabilities": given.get("NumberCapabilities", ["SMS"]),
            "NumberType": kind,
            "MonthlyLeasingPrice": PRICES[kind],
            "TwoWayEnabled": False,
            "SelfManagedOptOutsEnabled": False,
            "OptOutListName": self.opt_out_list(given.get("OptOutListName") or DEFAULT_LIST).name,
            "InternationalSendingEnabled": bool(given.get("InternationalSendingEnabled")),
            "DeletionProtectionEnabled": bool(given.get("DeletionProtectionEnabled")),
            "CreatedTimestamp": time.time(),
        }
        return self.phone_numbers[identifier]

    def users_of_list(self, name: str) -> list[str]:
        """The ids of the phone numbers that honour a list."""
        return [found["PhoneNumberId"] for found in self.phone_numbers.values() if found["OptOutListName"] == name]

    def phone_by_number(self, number: str) -> Parameters | None:
        """The phone number that is dialled as `number`; None when the account has none."""
        return next((found for found in self.phone_numbers.values() if found["PhoneNumber"] == number), None)

    def _phone(self, identifier: str) -> Parameters:
        found = self.phone_numbers.get(identifier.rsplit("/", 1)[-1])
        if found is None:
            raise missing("phone-number", identifier)
        return found

    def request_phone_number(self, parameters: Parameters) -> Parameters:
        """RequestPhoneNumber: a fictional number of North America, whatever the country."""
        kind = parameters["NumberType"]
        if kind not in REQUESTABLE:
            raise invalid("NumberType", f"NumberType {kind!r} is none of {', '.join(REQUESTABLE)}")
        used = {found["PhoneNumber"] for found in self.phone_numbers.values()}
        free = (number for number in (f"{PREFIXES[kind]}{last:04}" for last in range(100, 200)) if number not in used)
        number = next(free, None)
        if number is None:
            raise SmsVoiceError(
                "ServiceQuotaExceededException",
                f"the account has all fictional {kind} numbers that there are",
                402,
                Reason="PHONE_NUMBERS_PER_ACCOUNT",
            )
        return self._add(f"phone-{secrets.token_hex(16)}", number, kind, parameters["IsoCountryCode"], parameters)

    def update_phone_number(self, parameters: Parameters) -> Parameters:
        """UpdatePhoneNumber. Self-managed opt-outs need two-way messages, and those a channel."""
        found = self._phone(parameters["PhoneNumberId"])
        given = {name: value for name, value in parameters.items() if name != "PhoneNumberId"}
        if "OptOutListName" in given:
            given["OptOutListName"] = self.opt_out_list(given["OptOutListName"]).name
        after = {**found, **given}
        channel = after.get("TwoWayChannelArn", "")
        if after["TwoWayEnabled"] and not channel:
            raise invalid("TwoWayChannelArn", "two-way messages need a TwoWayChannelArn", "TWO_WAY_CHANNEL_NOT_PRESENT")
        if "TwoWayChannelArn" in given and not (channel.startswith(CONNECT) or _is_topic(channel)):
            said = f"TwoWayChannelArn {channel!r} is neither a topic nor {CONNECT}REGION.amazonaws.com"
            raise invalid("TwoWayChannelArn", said, "INVALID_ARN")
        if after["SelfManagedOptOutsEnabled"] and not after["TwoWayEnabled"]:
            said = "self-managed opt-outs need two-way messages"
            raise invalid("SelfManagedOptOutsEnabled", said, "TWO_WAY_NOT_ENABLED")
        if not after["TwoWayEnabled"]:
            for name in ("TwoWayChannelArn", "TwoWayChannelRole"):
                found.pop(name, None)
                given.pop(name, None)
        found.update(given)
        return found

    def release_phone_number(self, parameters: Parameters) -> Parameters:
        """ReleasePhoneNumber: refused for one that is protected."""
        found = self._phone(parameters["PhoneNumberId"])
        if found["DeletionProtectionEnabled"]:
            raise SmsVoiceError(
                "ConflictException",
                f"phone number {found['PhoneNumberId']} is protected from deletion",
                Reason="DELETION_PROTECTION_ENABLED",
                ResourceType="phone-number",
                ResourceId=found["PhoneNumberId"],
            )
        return {**self.phone_numbers.pop(found["PhoneNumberId"]), "Status": "DELETED"}

    def describe_phone_numbers(self, parameters: Parameters) -> Parameters:
        """DescribePhoneNumbers. Filters: `number-type`, `two-way-enabled`, `iso-country-code` and the like."""
        wanted = parameters.get("PhoneNumberIds")
        found = [self._phone(name) for name in wanted] if wanted else list(self.phone_numbers.values())
        for item in parameters.get("Filters") or ():
            member = "".join(word.capitalize() for word in item["Name"].split("-"))
            found = [phone for phone in found if _text(phone.get(member)) in item["Values"]]
        page, token = page_of(found, parameters)
        return {"PhoneNumbers": page, **token}


def _is_topic(arn: str) -> bool:
    return arn.startswith("arn:") and arn.split(":")[2:3] == ["sns"]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
