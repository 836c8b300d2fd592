"""Holds requests to their signature as AWS does.

MiniStack checks time, token and signature of users' and sessions' keys. It lets the root key's requests pass unchecked,
holds no signature to the service and the region that it is for, and is content with one of a function URL's two rights:
since October 2025 that is `lambda:InvokeFunctionUrl` and `lambda:InvokeFunction`
(https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html).
"""
# pyright: reportMissingImports=false

import os
import types
from typing import Any

from ministack import app
from ministack.core import iam_evaluator, sigv4
from ministack.core.iam_evaluator import AuthError
from ministack.core.responses import get_region

SIGNING_NAMES = {
    "cloudwatch": "monitoring",
    "eventbridge": "events",
    "sesv2": "ses",
    "stepfunctions": "states",
    **{
        name: name
        for name in (
            *(
                "acm",
                "athena",
                "cloudfront",
                "dynamodb",
                "events",
                "firehose",
                "glue",
                "iam",
                "kinesis",
                "kms",
                "lambda",
            ),
            *("logs", "monitoring", "s3", "scheduler", "secretsmanager", "ses", "sns", "sqs", "ssm", "states", "sts"),
        )
    },
}
"""The name that a signature for a service of MiniStack's is scoped to; others are not held to one."""
FORBIDDEN = b'{"Message":"Forbidden"}'


def install() -> None:
    """Checks the root key's signatures, every signature's scope, and both rights of a function URL."""
    app.pin_signed_request = _checking_root(iam_evaluator.pin_signed_request)
    iam_evaluator.enforce = _scoped(iam_evaluator.enforce)
    app._handle_lambda_url_request = _with_both_rights(app._handle_lambda_url_request)


def _checking_root(pin: Any) -> Any:
    """MiniStack's function, for which no key that is named is the root's."""
    names = {**pin.__globals__, "_is_root_key": lambda key: not key}
    return types.FunctionType(pin.__code__, names, pin.__name__, pin.__defaults__, pin.__closure__)


def _scoped(enforce: Any) -> Any:
    def judge(access_key_id: str, iam_action: str, service: str, *more: Any, **named: Any) -> Any:
        return scope_failure(service) or enforce(access_key_id, iam_action, service, *more, **named)

    return judge


def scope_failure(service: str) -> AuthError | None:
    """What is wrong with the scope of the request's signature, or None where it is right or there is none."""
    request = iam_evaluator._signed_request.get()
    if request is None or request.unverifiable or request.sigv2 or request.s3_scoped:
        return None
    parse = sigv4.parse_query_signature if request.presigned else sigv4.parse_header_signature
    signature = parse(request.query_params if request.presigned else request.headers)
    if isinstance(signature, tuple):
        return None  # MiniStack names what is missing
    name = SIGNING_NAMES.get(service)
    if name and signature.service != name:
        return _mismatch(f"Credential should be scoped to correct service: '{name}'. ")
    region = os.environ.get("MINISTACK_REGION") or get_region()
    if signature.region_set is None and signature.region != region:
        return _mismatch(f"Credential should be scoped to a valid region, not '{signature.region}'. ")
    return None


def _mismatch(message: str) -> AuthError:
    return AuthError("SignatureDoesNotMatch", message)


def _with_both_rights(handle: Any) -> Any:
    async def judged(host: str, path: str, method: str, headers: Any, *rest: Any, **named: Any) -> Any:
        parsed = app._parse_lambda_url(host, path)
        if parsed is not None:
            arn, context, resolved = app._function_url_auth_target(parsed[0])
            if resolved is not None and context.get("lambda:FunctionUrlAuthType") == "AWS_IAM":
                _body, query = rest[:2]
                if denied := _refused(headers, query, arn):
                    return denied
        return await handle(host, path, method, headers, *rest, **named)

    return judged


def _refused(headers: Any, query: Any, arn: str) -> Any:
    if not app.extract_access_key_id(headers, query):
        return 403, {"Content-Type": "application/json", "x-amzn-ErrorType": "AccessDeniedException"}, FORBIDDEN
    context = {"lambda:InvokedViaFunctionUrl": "true"}
    return app._enforce_data_plane(
        "lambda", "lambda:InvokeFunction", headers, query, "", resource_arn=arn, service_context=context
    )
