"""The outside world: what moto and the embedded AWS lack, as an extension of moto.

`install()` makes moto know it; then `mock_aws` answers its calls in process, and `sandbox.world.server` serves them.
"""

from sandbox.world.extension import install
from sandbox.world.outbox import OUTBOX, Message, Outbox

__all__ = ["OUTBOX", "Message", "Outbox", "install"]
