"""The rates at which SES acts on an account. Imports nothing of Pulumi: the commands read it, too.

Source: SES Developer Guide, "Creating reputation monitoring alarms using CloudWatch".
"""

from typing import NamedTuple


class RateLimit(NamedTuple):
    """Fractions of the emails sent: SES recommends to stay below `recommended`, and may pause sending above `paused`."""

    recommended: float
    paused: float


BOUNCES = RateLimit(0.05, 0.1)
COMPLAINTS = RateLimit(0.001, 0.005)
