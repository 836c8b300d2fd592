"""A real Trino as a process: built by Maven from its own artefacts, asked over its HTTP interface."""

import decimal
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

SERVER = Path(__file__).with_name("server")
BUILD = Path(__file__).parents[3] / ".build" / "trino"
OLDEST_JAVA = 24
"""What the pinned Trino needs (its own pom.xml's project.build.targetJdk)."""
BUILD_SECONDS = 900
START_SECONDS = 420
QUERY_SECONDS = 240
STOP_SECONDS = 15
YEARS = re.compile(r"(?!0000)\d{4}-")
"""The years that Python knows; times of others stay texts, as those of other zones than UTC."""
HEAP = "-Xmx2g"
JVM = (
    HEAP,
    # Two cores, a few minutes: what starts fast wins over what runs fast.
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "--add-modules=jdk.incubator.vector",
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
    "-Djdk.attach.allowAttachSelf=true",
    "-XX:+EnableDynamicAgentLoading",
    "-Duser.timezone=UTC",
)


class MissingToolError(Exception):
    """What is not on this machine."""


class QueryError(Exception):
    """Trino's own answer to a query that it refuses or that fails: the error's name and message."""


@dataclass(frozen=True)
class Rows:
    """A result: columns' names, their Trino types, rows of Python values."""

    names: list[str]
    types: list[str]
    rows: list[list[Any]]


def java_home() -> Path:
    """A JDK that is new enough: JAVA_HOME's, PATH's, or one of the machine's. Raises MissingToolError."""
    candidates = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    if found := shutil.which("javac"):
        candidates.append(Path(found).resolve().parents[1])
    candidates += sorted(Path("/usr/lib/jvm").glob("*"), reverse=True)
    for home in candidates:
        if (home / "bin" / "javac").exists() and _release(home) >= OLDEST_JAVA:
            return home
    raise MissingToolError(f"there is no JDK {OLDEST_JAVA} or newer (JAVA_HOME, PATH, /usr/lib/jvm)")


def tools() -> None:
    """Raises MissingToolError where a Trino cannot be built here."""
    java_home()
    if shutil.which("mvn") is None:
        raise MissingToolError("there is no Maven (mvn)")


def _release(home: Path) -> int:
    release = home / "release"
    match = re.search(r'JAVA_VERSION="(\d+)', release.read_text()) if release.exists() else None
    return int(match[1]) if match else 0


def build(home: Path) -> str:
    """The server's class path; it is compiled once for each JDK and pom, below .build.

    Maven's own cache has the downloads. It is asked again where a file of the class path is gone.
    """
    parts = [str(home), (home / "release").read_text(), *(file.read_text() for file in sorted(_sources()))]
    folder = BUILD / hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    listed = folder / "classpath.txt"
    folder.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (listed.exists() and all(Path(path).exists() for path in listed.read_text().split(os.pathsep))):
            _compile(folder, home, listed)
    return listed.read_text()


def _sources() -> list[Path]:
    return [path for path in SERVER.rglob("*") if path.is_file()]


def _compile(folder: Path, home: Path, listed: Path) -> None:
    shutil.copytree(SERVER, folder, dirs_exist_ok=True)
    made = folder / "dependencies.txt"
    done = subprocess.run(
        [
            shutil.which("mvn") or "mvn",
            "-B",
            "-q",
            "compile",
            "dependency:build-classpath",
            f"-Dmdep.outputFile={made}",
        ],
        cwd=folder,
        env={**os.environ, "JAVA_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"Maven could not build the Trino server:\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}")
    listed.write_text(os.pathsep.join([str(folder / "target" / "classes"), made.read_text().strip()]))


class Trino:
    """A Trino whose catalog is the embedded AWS's Glue and S3. A context: it runs within."""

    def __init__(self, folder: Path, endpoint: str, region: str) -> None:
        self._folder = folder
        self._endpoint = endpoint
        self._region = region

    def __enter__(self) -> "Trino":
        home = java_home()
        classes = build(home)
        address, data = self._folder / "address", self._folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        self._log = (self._folder / "trino.log").open("wb")
        self._process = subprocess.Popen(
            [
                str(home / "bin" / "java"),
                *JVM,
                "-cp",
                classes,
                "engagement.Engine",
                self._endpoint,
                self._region,
                str(data),
                str(address),
            ],
            stdin=subprocess.PIPE,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=self._folder,
        )
        deadline = time.monotonic() + START_SECONDS
        while not (address.exists() and address.read_text()):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.__exit__()
                raise RuntimeError(f"Trino did not start:\n{(self._folder / 'trino.log').read_text()[-4000:]}")
            time.sleep(0.2)
        self._address = address.read_text().rstrip("/")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def query(self, sql: str, database: str = "default") -> Rows:
        """A query's rows. Raises QueryError.

        The protocol is Trino's client REST API: POST /v1/statement, then each answer's nextUri.
        """
        page = self._call("POST", f"{self._address}/v1/statement", database, sql.encode())
        columns: list[dict[str, Any]] = []
        rows: list[list[Any]] = []
        deadline = time.monotonic() + QUERY_SECONDS
        while True:
            if error := page.get("error"):
                raise QueryError(f"{error['errorName']}: {error['message']}")
            columns = page.get("columns") or columns
            rows += page.get("data") or []
            if "nextUri" not in page:
                break
            if time.monotonic() > deadline:
                raise QueryError(f"no answer within {QUERY_SECONDS} s")
            page = self._call("GET", page["nextUri"], database)
        types = [column["typeSignature"] for column in columns]
        return Rows(
            [column["name"] for column in columns],
            [column["type"] for column in columns],
            [[value(cell, kind) for cell, kind in zip(row, types, strict=True)] for row in rows],
        )

    def _call(self, method: str, address: str, database: str, body: bytes | None = None) -> dict[str, Any]:
        headers = {
            "X-Trino-User": "test",
            "X-Trino-Catalog": "awsdatacatalog",
            "X-Trino-Schema": database,
            "X-Trino-Time-Zone": "UTC",
            "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
        }
        request = urllib.request.Request(address, body, headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=QUERY_SECONDS) as answer:
            return json.load(answer)


def value(cell: Any, signature: dict[str, Any]) -> Any:
    """A cell of Trino's JSON as a Python value, by its type's signature."""
    kind, arguments = signature["rawType"], [part["value"] for part in signature["arguments"]]
    if cell is None:
        return None
    if kind == "array":
        return [value(item, arguments[0]) for item in cell]
    if kind == "map":
        return {value(name, arguments[0]): value(item, arguments[1]) for name, item in cell.items()}
    if kind == "row":
        names = [
            part["fieldName"]["name"] if part.get("fieldName") else f"field{at}" for at, part in enumerate(arguments)
        ]
        kinds = [part["typeSignature"] for part in arguments]
        return {name: value(item, of) for name, item, of in zip(names, cell, kinds, strict=True)}
    return _scalar(cell, kind)


def _scalar(cell: Any, kind: str) -> Any:
    if kind in ("double", "real"):
        return float(cell)
    if kind == "decimal":
        return decimal.Decimal(cell)
    if kind == "date" and YEARS.match(cell):
        return date.fromisoformat(cell)
    if kind == "timestamp" and YEARS.match(cell):
        return datetime.fromisoformat(cell)
    if kind == "timestamp with time zone" and cell.endswith(" UTC") and YEARS.match(cell):
        return datetime.fromisoformat(cell.removesuffix(" UTC")).replace(tzinfo=UTC)
    return cell


def statements(text: str) -> Iterator[str]:
    """The statements of an SQL file."""
    without = re.sub(r"--[^\n]*", "", text)
    yield from (part.strip() for part in without.split(";") if part.strip())
