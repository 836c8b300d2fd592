"""Checks a request's Signature Version 4 as AWS does, by botocore's own signer: key, service, region, time, content."""

import datetime
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

MINUTES = 5
"""How far a request's time may be from ours."""
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<scope>[^,]+), ?SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]+)$"
)
FORM = "%Y%m%dT%H%M%SZ"
SCOPE_PARTS = 5


class SignatureError(Exception):
    """Why a request is not taken: AWS's error code, and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Signed:
    """A request as it came. `path` is raw, percent-encoded; `headers` by their names in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


def access_key_id(request: Signed) -> str:
    """The key that the request says it is signed with. Raises SignatureError where it is not signed."""
    return _parts(request)["scope"].partition("/")[0]


def check(request: Signed, credentials: Credentials | None, service: str, region: str) -> None:
    """Raises SignatureError unless the request is signed with these credentials for that service and region, now.

    credentials: those of the key that the request names; None: nobody has it.
    """
    parts = _parts(request)
    scope = parts["scope"].split("/")
    if len(scope) != SCOPE_PARTS or scope[4] != "aws4_request":
        raise SignatureError(
            "IncompleteSignatureException",
            f"Credential is not key/date/region/service/aws4_request: {parts['scope']!r}",
        )
    if scope[3] != service:
        raise SignatureError(
            "InvalidSignatureException", f"Credential should be scoped to correct service: {service!r}."
        )
    if scope[2] != region:
        raise SignatureError(
            "InvalidSignatureException", f"Credential should be scoped to a valid region, not {scope[2]!r}."
        )
    date = request.headers.get("x-amz-date", "")
    _check_time(date, scope[1])
    if credentials is None or (credentials.token or "") != request.headers.get("x-amz-security-token", ""):
        raise SignatureError("UnrecognizedClientException", "The security token included in the request is invalid.")
    signed = parts["headers"].split(";")
    if "host" not in signed or "x-amz-date" not in signed:
        raise SignatureError("InvalidSignatureException", "'host' and 'x-amz-date' must be signed headers.")
    headers = {name: request.headers.get(name, "") for name in signed}
    query = f"?{request.query}" if request.query else ""
    copy = AWSRequest(request.method, f"http://{headers['host']}{request.path}{query}", headers, request.body)
    copy.context["timestamp"] = date
    signer = SigV4Auth(credentials, service, region)
    expected = str(signer.signature(signer.string_to_sign(copy, signer.canonical_request(copy)), copy))
    if not hmac.compare_digest(expected, parts["signature"]):
        raise SignatureError(
            "InvalidSignatureException",
            "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method.",
        )


def _parts(request: Signed) -> dict[str, str]:
    given = request.headers.get("authorization", "")
    if not given:
        raise SignatureError("MissingAuthenticationTokenException", "Missing Authentication Token")
    found = AUTHORIZATION.match(given)
    if not found:
        raise SignatureError(
            "IncompleteSignatureException", "The Authorization header is not a whole AWS4-HMAC-SHA256 signature."
        )
    return found.groupdict()


def _check_time(date: str, scope_date: str) -> None:
    try:
        then = datetime.datetime.strptime(date, FORM).replace(tzinfo=datetime.UTC)
    except ValueError as error:
        raise SignatureError(
            "IncompleteSignatureException", f"X-Amz-Date is {date!r}; needed is a time like 20261128T120000Z"
        ) from error
    if not date.startswith(scope_date):
        raise SignatureError("InvalidSignatureException", "Date in Credential scope does not match X-Amz-Date.")
    now = datetime.datetime.now(datetime.UTC)
    if abs(now - then) > datetime.timedelta(minutes=MINUTES):
        words = "Signature expired" if then < now else "Signature not yet current"
        raise SignatureError(
            "InvalidSignatureException", f"{words}: {date} is more than {MINUTES} min. from {now.strftime(FORM)}"
        )
