"""Mail that SES sent, whole: MiniStack keeps neither its headers nor a raw mail's envelope.

`POST /_sandbox/mails` `{}`: all that was accepted and not rejected, `{"Mails": [...]}`: `MessageId`, `Source`, `To`,
`CC`, `BCC`, `Subject`, `BodyText`, `BodyHtml`, `Timestamp` (epoch seconds), `Type` (`v2.SendBulkEmail` and the like: what sent it),
`Raw` (as its recipients got it).
"""
# pyright: reportMissingImports=false

import base64
import re
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formatdate, getaddresses
from typing import Any

from ministack.services import ses

from sandbox.repairs import control
from sandbox.repairs.ses_received import fields_of, values_of

HEADER_NAME, HEADER_VALUE = re.compile(r"[!-9;-@A-~]{1,126}"), re.compile(r"[ -~]{1,995}")
"""Source: SES API v2, `MessageHeader`."""
MOST_HEADERS, MOST_CHARACTERS = 15, 996
SHOWN = ("MessageId", "Source", "To", "CC", "BCC", "Timestamp", "Type", "Raw")
REPLACED = ("message-id", "date", "bcc")
"""What SES writes itself into a raw mail, or takes out of it."""

Fields = list[tuple[str, str]]


def install() -> None:
    """Offers the call."""
    control.CALLS["mails"] = lambda _: {"Mails": [_shown(record) for record in _records()]}


def refusal(given: dict[str, Any]) -> str:
    """Why SES would not take a request for its headers and addresses; "" when it would."""
    content = given.get("Content") or {}
    simple = content.get("Simple") or {}
    subject = (simple.get("Subject") or {}).get("Data") or ""
    for name, value in (("FromEmailAddress", given.get("FromEmailAddress") or ""), ("Subject", subject)):
        if re.search(r"[\r\n]", value):
            return f"{name} contains a line break"
    if wrong := _address_refusal(given):
        return wrong
    template = (given.get("DefaultContent") or content).get("Template") or {}
    own = [_custom({"Headers": entry.get("ReplacementHeaders")}) for entry in given.get("BulkEmailEntries") or ()]
    return next(filter(None, map(_header_refusal, [_custom(simple) + _custom(template), *own])), "")


def _header_refusal(fields: Fields) -> str:
    if len(fields) > MOST_HEADERS:
        return f"{len(fields)} headers; at most {MOST_HEADERS} are allowed"
    for name, value in fields:
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
            return f"header {name!r} is not allowed: a name has 1 to 126, a value 1 to 995 printable ASCII characters"
        if len(name) + len(value) > MOST_CHARACTERS:
            return f"header {name!r} has more than {MOST_CHARACTERS} characters with its value"
    return ""


def _address_refusal(given: dict[str, Any]) -> str:
    """SES has no SMTPUTF8: addresses are of ASCII with domains in Punycode, names beyond ASCII are encoded words.

    Source: SES API v2, Destination and SendEmail. Its own words are not documented but for the first two.
    """
    destination = given.get("Destination") or {}
    destinations = [destination, *(entry.get("Destination") or {} for entry in given.get("BulkEmailEntries") or ())]
    kinds = ("ToAddresses", "CcAddresses", "BccAddresses")
    named = [address for each in destinations for kind in kinds for address in each.get(kind) or ()]
    named += given.get("ReplyToAddresses") or []
    named += [given[name] for name in ("FromEmailAddress", "FeedbackForwardingEmailAddress") if given.get(name)]
    for text in named:
        if text.isascii():
            continue
        address = text.rpartition("<")[2].rstrip("> ")
        local, _, domain = address.rpartition("@")
        if not domain.isascii():
            return "Domain contains illegal character"
        return (
            "Display name contains non-ASCII characters"
            if local.isascii()
            else "Local address contains illegal character"
        )
    return ""


def complete(record: dict[str, Any], given: dict[str, Any], place: int = 0) -> None:
    """Adds to MiniStack's record of a message what the request says of it. place: which entry of a bulk request."""
    content = given.get("Content") or given.get("DefaultContent") or {}
    if data := (content.get("Raw") or {}).get("Data"):
        complete_raw(record, data)
        return
    fields = _custom(content.get("Simple") or {}) + _custom(content.get("Template") or {})
    if entries := given.get("BulkEmailEntries"):
        own = _custom({"Headers": entries[place].get("ReplacementHeaders")})
        names = {name.lower() for name, _ in own}
        fields = [field for field in fields if field[0].lower() not in names] + own
    if answers := given.get("ReplyToAddresses"):
        fields = [("Reply-To", ", ".join(answers)), *fields]
    record["Raw"] = _composed(record, fields)


def complete_raw(record: dict[str, Any], data: str) -> None:
    """Keeps a raw mail, with SES's own Message-ID; what the request did not say of its envelope is in its headers.

    data: base64.
    """
    raw = base64.b64decode(data)
    fields = fields_of(raw)
    named = not any(record.get(field) for field in ("To", "CC", "BCC"))
    for field, name in (("To", "To"), ("CC", "Cc"), ("BCC", "Bcc")):
        if named:
            record[field] = [address for _, address in getaddresses(values_of(fields, name)) if address]
    record["Source"] = record.get("Source") or next(iter(values_of(fields, "From")), "")
    head, _, body = raw.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")
    kept, dropped = [], False
    for line in head.split("\n"):
        if not line.startswith((" ", "\t")):
            dropped = line.partition(":")[0].strip().lower() in REPLACED
        if not dropped:
            kept.append(line)
    own = [f"Message-ID: <{record['MessageId']}>", f"Date: {formatdate(record['Timestamp'])}"]
    record["Raw"] = "\n".join([*own, *kept, "", body])


def _custom(content: dict[str, Any]) -> Fields:
    return [(header["Name"], header["Value"]) for header in content.get("Headers") or ()]


def _composed(record: dict[str, Any], fields: Fields) -> str:
    text, html = (record.get(f"Rendered{name}") or record.get(name) or "" for name in ("BodyText", "BodyHtml"))
    mail: MIMEMultipart | MIMEText
    if text and html:
        mail = MIMEMultipart("alternative")
        mail.attach(MIMEText(text, "plain", "utf-8"))
        mail.attach(MIMEText(html, "html", "utf-8"))
    else:
        mail = MIMEText(html or text, "html" if html else "plain", "utf-8")
    subject = " ".join((record.get("RenderedSubject") or record.get("Subject") or "").splitlines())
    own = [
        ("From", record["Source"]),
        ("To", ", ".join(record.get("To") or ())),
        ("Cc", ", ".join(record.get("CC") or ())),
        ("Subject", subject),
        ("Message-ID", f"<{record['MessageId']}>"),
        ("Date", formatdate(record["Timestamp"])),
    ]
    for name, value in [*(field for field in own if field[1]), *fields]:
        mail[name] = value if value.isascii() else Header(value, "utf-8").encode()
    return mail.as_string()


def _records() -> list[dict[str, Any]]:
    kept = ses._sent_emails.to_dict().items()
    return [record for scope, records in kept if scope[-1] == "entries" for record in records]


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    rendered = {
        name: record.get(f"Rendered{name}") or record.get(name) or "" for name in ("Subject", "BodyText", "BodyHtml")
    }
    return {
        **{name: record.get(name, "") for name in SHOWN},
        **rendered,
        "Raw": record.get("Raw") or _composed(record, []),
    }
