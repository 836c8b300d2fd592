"""Email addresses in config, from which permissions are made: one mailbox, whose address is of ASCII as IAM and SES know it."""

import re
from email.utils import getaddresses

# Without `*`, `?` and `$`, which a policy reads as wildcards and variables.
_ADDRESS = re.compile(r"[A-Za-z0-9!#%&'+/=^_`{|}~.-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
ALLOWED = (
    'allowed: an address, or Name <address>; a name with a comma in quotes ("Doe, Jane" <jane@example.org>), '
    "a domain beyond ASCII in Punycode (xn--...)"
)


def address_of(text: str) -> str:
    """The address of a text that is exactly one mailbox: `address`, or `Name <address>`. Raises ValueError."""
    found = getaddresses([text])
    address = found[0][1] if len(found) == 1 else ""
    whole = text == address or text.endswith(f"<{address}>")
    if not text.isprintable() or not whole or not _ADDRESS.fullmatch(address):
        raise ValueError(ALLOWED)
    return address
