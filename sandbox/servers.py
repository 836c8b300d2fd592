"""The two servers of a sandbox: the embedded AWS and the outside world."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from components.building_blocks.places import SOURCES
from sandbox import embedded, loopback
from sandbox.errors import SandboxError
from sandbox.folder import PACKAGE, PYTHON_PATH, Folder, write_json

if TYPE_CHECKING:
    from sandbox.deployer.clients import Clients

REGION = "us-east-1"
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105 the embedded AWS's root key, known to all
WAIT_SCALE = "0.1"
"""State machines wait a tenth of what they say."""
START_SECONDS = 60
STOP_SECONDS = 10
VERIFIED = ("shop@example.com", "shop.example")
"""Identities that SES has verified: the address that the committed config sends from, the domain whose mail it answers."""
WORLD_SERVICES: tuple[str, ...] = ("pinpoint", "pinpoint-sms-voice-v2", "connect", "socialmessaging")


def world_variables(world: str) -> dict[str, str]:
    """The variables by which SDKs find the services that the embedded AWS lacks. world: where they answer."""
    return {f"AWS_ENDPOINT_URL_{service.replace('-', '_').upper()}": world for service in WORLD_SERVICES}


@dataclass(frozen=True)
class Servers:
    """The servers that run. Ports are on the loopback address."""

    aws_port: int
    aws_pid: int
    world_port: int
    world_pid: int

    @property
    def endpoint(self) -> str:
        """Where the embedded AWS answers."""
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def world(self) -> str:
        """Where the services answer that the embedded AWS lacks."""
        return f"http://127.0.0.1:{self.world_port}"

    @property
    def endpoints(self) -> dict[str, str]:
        """Where a service answers that the embedded AWS lacks, by its name."""
        return dict.fromkeys(WORLD_SERVICES, self.world)

    def clients(self) -> Clients:
        """Clients with root rights."""
        from sandbox.deployer.clients import Clients  # noqa: PLC0415 half of most commands' time would go into boto3

        return Clients(self.endpoint, REGION, ACCESS_KEY_ID, SECRET_ACCESS_KEY, self.endpoints)

    def alive(self) -> bool:
        """Whether both are there and answer."""
        return (
            _exists(self.aws_pid)
            and _exists(self.world_pid)
            and _answers(f"{self.endpoint}/_ministack/health")
            and _answers(f"{self.world}/_world/health")
        )


def running(folder: Folder) -> Servers:
    """The sandbox's servers. Raises SandboxError when they do not run."""
    if not folder.servers.exists():
        raise SandboxError("the sandbox is not running", "sandbox up")
    found = Servers(**json.loads(folder.servers.read_text(encoding="utf-8")))
    if not found.alive():
        raise SandboxError("the sandbox has stopped; what it held is gone", "sandbox up")
    return found


def ensure(folder: Folder) -> Servers:
    """The sandbox's servers, started when they do not run; what a dead sandbox left is cleared away first."""
    if folder.servers.exists():
        found = Servers(**json.loads(folder.servers.read_text(encoding="utf-8")))
        if found.alive():
            return found
        stop(folder)
    return _start(folder)


def stop(folder: Folder) -> None:
    """Stops what runs and clears what it held; logs stay for whoever wants to know why."""
    if folder.servers.exists():
        found = Servers(**json.loads(folder.servers.read_text(encoding="utf-8")))
        for pid in (found.aws_pid, found.world_pid):
            _end(pid, folder)
        folder.servers.unlink()
    for path in (folder.data, folder.stacks, folder.pulumi):
        shutil.rmtree(path, ignore_errors=True)


def _start(folder: Folder) -> Servers:
    interpreter = embedded.python(folder)
    folder.make()
    folder.outbox.write_text("", encoding="utf-8")
    aws_port, world_port = _free_ports()
    world = _spawn(
        [sys.executable, "-m", f"{PACKAGE}.world.server"],
        {
            **_clean_environment(),
            "PYTHONPATH": os.pathsep.join(PYTHON_PATH),
            "WORLD_PORT": str(world_port),
            "WORLD_OUTBOX": str(folder.outbox),
            "WORLD_AWS_ENDPOINT": f"http://127.0.0.1:{aws_port}",
            "SANDBOX_HOME": str(folder.home),
        },
        folder,
        folder.logs / "world.log",
    )
    temporary = folder.data / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    aws = _spawn(
        [str(interpreter), str(SOURCES / "sandbox" / "launch.py")],
        {**_clean_environment(), **_embedded_environment(aws_port, world_port, temporary)},
        folder,
        folder.logs / "aws.log",
    )
    servers = Servers(aws_port, aws, world_port, world)
    write_json(folder.servers, asdict(servers))
    deadline = time.monotonic() + START_SECONDS
    while not servers.alive():
        if time.monotonic() > deadline or not (_exists(aws) and _exists(world)):
            stop(folder)
            raise SandboxError("the sandbox did not start", f"look into {folder.logs}")
        time.sleep(0.1)
    for identity in VERIFIED:
        servers.clients()("sesv2").create_email_identity(EmailIdentity=identity)
    return servers


def _embedded_environment(port: int, world_port: int, temporary: Path) -> dict[str, str]:
    world = f"http://127.0.0.1:{world_port}"
    return {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        **world_variables(world),
        "SFN_WAIT_SCALE": WAIT_SCALE,
        "IOT_MTLS_ENABLED": "false",
        "SFTP_ENABLED": "false",
        "TMPDIR": str(temporary),
        "S3_DATA_DIR": str(temporary / "s3"),
        "LOG_LEVEL": "INFO",
    }


def _clean_environment() -> dict[str, str]:
    """This process's environment without what would change an AWS SDK or a Python below it."""
    dropped = ("AWS_", "PYTHON", "VIRTUAL_ENV", "MINISTACK", "LAMBDA_", "SFN_", "S3_", "POWERTOOLS", "PULUMI")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    nothing = os.devnull
    return {
        **kept,
        "AWS_CONFIG_FILE": nothing,
        "AWS_SHARED_CREDENTIALS_FILE": nothing,
        "AWS_EC2_METADATA_DISABLED": "true",
        "PYTHONUNBUFFERED": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
    }


def _spawn(command: list[str], environment: Mapping[str, str], folder: Folder, log: Path) -> int:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env=dict(environment),
            cwd=folder.home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        ).pid


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


def _exists(pid: int) -> bool:
    try:
        done, _ = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        done = 0
    if done == pid:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False
    return not _zombie(pid)


def _zombie(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return False


def _ours(pid: int, folder: Folder) -> bool:
    """Whether the process is one that this sandbox started: a number in a stale file may be another's by now."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve() == folder.home
    except PermissionError:
        return False


def _end(pid: int, folder: Folder) -> None:
    """Ends a server with the workers that it started."""
    if not _exists(pid) or (Path("/proc").exists() and not _ours(pid, folder)):
        return
    os.killpg(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _answers(url: str) -> bool:
    try:
        return loopback.status(url) == 200
    except OSError:
        return False
