"""Every function's own archive and layer under AWS's Lambda client on Python 3.13, with one typical event each: with the
runtime's own model of Pinpoint, and without it."""

import json
import shutil
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from components.building_blocks.service_model import PACKAGE
from tests.conftest import run_stack, whole_config
from tests.environments import environment
from tests.outside.lambda_runtime.account import ACCOUNT, KEYS, REGION, Account, FunctionUrl, functions_of
from tests.outside.lambda_runtime.events import APPLICATION, CASES, Error
from tests.outside.lambda_runtime.interpreter import VERSION, botocore_of, python
from tests.outside.lambda_runtime.runtime import Outcome, Runtime
from tests.recorder import ACCOUNT as DECLARED_ACCOUNT
from tests.recorder import REGION as DECLARED_REGION
from tests.recorder import Recorder, Resource
from tests.without_pinpoint import botocore_without_pinpoint

TOGETHER = 2
URL_VARIABLE = "ENGAGEMENT_ENDPOINT_URL"


def name_of(function: Resource) -> str:
    return function.name.removesuffix("-function")


class Functions:
    """Starts functions of a stack on an account. without: a folder whose botocore goes before the runtime's."""

    def __init__(
        self, stack: Recorder, account: Account, interpreter: Path, folder: Path, without: Path | None
    ) -> None:
        self.declared = {name_of(function): function for function in functions_of(stack)}
        self._stack = stack
        [layer] = stack.of("LayerVersion")
        self._layer = unpacked(Path(layer.inputs["code"]), folder / "layer")
        self._account, self._interpreter, self._folder, self._without = account, interpreter, folder, without
        self.url = ""

    def start(self, name: str) -> Runtime:
        """Lambda's variables beside the function's own; its logging configuration by Lambda's variables."""
        inputs = self.declared[name].inputs
        code = unpacked(Path(inputs["code"]), self._folder / name)
        logging = inputs["loggingConfig"]
        variables = {
            **here(inputs["environment"]["variables"]),
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(int(inputs["memorySize"])),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
            "AWS_LAMBDA_LOG_FORMAT": logging["logFormat"],
            "AWS_LAMBDA_LOG_LEVEL": logging["applicationLogLevel"],
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{inputs['runtime']}",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": KEYS.access_key,
            "AWS_SECRET_ACCESS_KEY": KEYS.secret_key,
            "AWS_ENDPOINT_URL": self._account.endpoint,
            "LAMBDA_TASK_ROOT": str(code),
            "_HANDLER": inputs["handler"],
            "TZ": ":UTC",
        }
        if URL_VARIABLE in variables:
            variables[URL_VARIABLE] = self.url
        paths = [code, self._layer / "python", *([self._without] if self._without else [])]
        return Runtime(self._interpreter, inputs["handler"], variables, paths, self._folder / f"{name}.log")

    def call(self, name: str) -> Outcome:
        """The outcome of the function's event, in a process of its own."""
        event = told(self._stack, CASES[name].event)
        runtime = self.start(name)
        try:
            return runtime.invoke(event)
        finally:
            runtime.stop()


def told(stack: Recorder, value: Any) -> Any:
    """A part of a case, with the stack's application in its place."""
    [application] = {
        made.inputs["environment"]["variables"].get("APPLICATION_ID", "") for made in functions_of(stack)
    } - {""}
    return json.loads(json.dumps(value).replace(APPLICATION, application))


def unpacked(archive: Path, folder: Path) -> Path:
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder


def here(value: Any) -> Any:
    """What a stack declares, with the account and the region of this test in the place of the recorder's."""
    text = json.dumps(value).replace(DECLARED_ACCOUNT, ACCOUNT).replace(DECLARED_REGION, REGION)
    return json.loads(text)


def has(whole: Any, part: Any) -> bool:
    """Whether `whole` has all of `part`: members of objects, entries of lists by their place."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and has(whole[name], part[name]) for name in part)
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(has, whole, part))
    return whole == part


@pytest.fixture(scope="module")
def stack() -> Recorder:
    return run_stack("everything", whole_config("everything"))


@pytest.fixture(scope="module")
def interpreter() -> Path:
    found = python()
    if found is None:
        pytest.skip(f"there is no Python {VERSION} on PATH, of pyenv or of uv")
    return environment("lambda_runtime", found)


@pytest.fixture(scope="module", params=["with the runtime's model", "without it"])
def outcomes(
    request: pytest.FixtureRequest, stack: Recorder, interpreter: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Outcome]]:
    """What became of every function's event. The setup function comes first: it makes the application."""
    folder = tmp_path_factory.mktemp("functions")
    lacking = request.param == "without it"
    without = botocore_without_pinpoint(folder / "runtime", botocore_of(interpreter)) if lacking else None
    account = Account()
    account.make(stack)
    functions = Functions(stack, account, interpreter, folder, without)
    assert set(functions.declared) == set(CASES)
    done = {"engagement-setup": functions.call("engagement-setup")}
    api = functions.start("engagement-api")
    url = FunctionUrl(api)
    functions.url = url.address
    try:
        rest = [name for name in CASES if name not in done]
        with ThreadPoolExecutor(TOGETHER) as pool:
            done |= dict(zip(rest, pool.map(functions.call, rest), strict=True))
        yield done
    finally:
        url.stop()
        api.stop()
        account.stop()


@pytest.mark.parametrize("name", CASES)
def test_a_function_answers_its_event(outcomes: dict[str, Outcome], stack: Recorder, name: str) -> None:
    outcome, expected = outcomes[name], CASES[name].expected
    expected = expected if isinstance(expected, Error) else told(stack, expected)
    if isinstance(expected, Error):
        assert outcome.error is not None, outcome.answer
        assert outcome.error["errorType"] == expected.kind
        assert expected.part in outcome.error["errorMessage"]
    else:
        assert outcome.error is None, outcome.error
        assert has(outcome.answer, expected), outcome.answer


def test_a_model_that_is_missing_fails(stack: Recorder, interpreter: Path, tmp_path: Path) -> None:
    """What these tests are for: without the layer's model, and the runtime's, the hosted service's function fails."""
    without = botocore_without_pinpoint(tmp_path / "runtime", botocore_of(interpreter))
    account = Account()
    functions = Functions(stack, account, interpreter, tmp_path, without)
    shutil.rmtree(tmp_path / "layer" / "python" / PACKAGE)
    try:
        assert functions.call("engagement-api").answer["statusCode"] == 500
        assert "UnknownServiceError" in (tmp_path / "engagement-api.log").read_text()
    finally:
        account.stop()
