"""What functions logged."""

from datetime import UTC, datetime

from sandbox import operations
from sandbox.errors import SandboxError
from sandbox.folder import Folder
from sandbox.servers import Servers

FUNCTION = "aws:lambda/function:Function"


def lines(folder: Folder, servers: Servers, name: str, count: int) -> list[str]:
    """The last lines of all functions whose logical or physical name holds `name`, in order of time."""
    functions = [
        record
        for stack in operations.deployed(folder)
        for record in operations.state(folder, stack).records.values()
        if record.type == FUNCTION
    ]
    found = [record for record in functions if name in record.name or name in record.id]
    if not found:
        known = ", ".join(sorted(record.name for record in functions)) or "none"
        raise SandboxError(f"no function's name holds {name!r}", f"functions: {known}")
    logs = servers.clients()("logs")
    events = []
    for record in found:
        group = (record.inputs.get("loggingConfig") or {}).get("logGroup") or f"/aws/lambda/{record.id}"
        try:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
            events += [
                (event["timestamp"], record.name, event["message"]) for page in pages for event in page["events"]
            ]
        except logs.exceptions.ResourceNotFoundException:
            continue
    events.sort(key=lambda event: event[0])
    return [f"{_time(stamp)} {function}: {message.rstrip()}" for stamp, function, message in events[-count:]]


def _time(stamp: int) -> str:
    return datetime.fromtimestamp(stamp / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
