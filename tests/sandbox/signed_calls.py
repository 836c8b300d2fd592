"""Calls to MiniStack within its interpreter, signed by botocore in ways that AWS takes or refuses.

Run as `python signed_calls.py`; prints a JSON object: name of the case -> [status, answer's first 200 characters].
"""

import asyncio
import datetime
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from unittest import mock
from urllib.parse import urlsplit

os.environ |= {"AUTH": "true", "MINISTACK_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test"}
os.environ |= {"AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1", "LOG_LEVEL": "ERROR"}
sys.path[0] = str(Path(__file__).parents[2])

from botocore import auth  # noqa: E402
from botocore.awsrequest import AWSRequest  # noqa: E402
from botocore.credentials import Credentials  # noqa: E402
from ministack import app  # noqa: E402

from sandbox.repairs import signatures  # noqa: E402

signatures.install()
HOST = "http://127.0.0.1:4566"
LIST_QUEUES = {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}
ROOT = ("test", "test")


def signed(method, path, body=b"", headers=None, *, keys=ROOT, service="sqs", region="us-east-1", minutes=0):
    request = AWSRequest(method, HOST + path, headers or {}, body)
    if keys:
        then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
        with mock.patch.object(auth, "get_current_datetime", lambda *_, **__: then.replace(tzinfo=None)):
            auth.SigV4Auth(Credentials(*keys), service, region).add_auth(request)
    return request.prepare()


def presigned(method, path, *, keys=ROOT, minutes=0):
    request = AWSRequest(method, HOST + path)
    then = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    with mock.patch.object(auth, "get_current_datetime", lambda *_, **__: then.replace(tzinfo=None)):
        auth.S3SigV4QueryAuth(Credentials(*keys), "s3", "us-east-1", expires=60).add_auth(request)
    return request.prepare()


async def call(request, body=None):
    url = urlsplit(request.url)
    headers = {"host": url.netloc}
    headers |= {k.lower(): v.decode() if isinstance(v, bytes) else str(v) for k, v in request.headers.items()}
    given = body if body is not None else request.body or b""
    headers["content-length"] = str(len(given))
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": url.path,
        "raw_path": url.path.encode(),
        "query_string": url.query.encode(),
        "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
        "client": ("127.0.0.1", 1),
    }
    told = SimpleNamespace(status=0, text=b"")

    async def receive():
        return {"type": "http.request", "body": given, "more_body": False}

    async def send(message):
        told.status = message.get("status", told.status)
        told.text += message.get("body", b"")

    await app.app(scope, receive, send)
    return told.status, told.text.decode()


async def main():
    said = {}

    async def case(name, request, body=None):
        status, text = await call(request, body)
        said[name] = [status, text[:200]]
        return text

    def queues(**given):
        return signed("POST", "/", b"{}", LIST_QUEUES, **given)

    await case("right", queues())
    await case("wrong secret", queues(keys=("test", "wrong")))
    await case("unknown key", queues(keys=("AKIAUNKNOWN", "test")))
    await case("wrong service", queues(service="dynamodb"))
    await case("wrong region", queues(region="eu-west-1"))
    await case("16 minutes old", queues(minutes=-16))
    await case("16 minutes early", queues(minutes=16))
    await case("another body", queues(), b'{"MaxResults": 1}')
    await case("unsigned", queues(keys=None))
    await case(
        "make a bucket", signed("PUT", "/bucket", service="s3", headers={"x-amz-content-sha256": "UNSIGNED-PAYLOAD"})
    )
    await case("presigned", presigned("PUT", "/bucket/key"))
    await case("presigned by another secret", presigned("PUT", "/bucket/key", keys=("test", "wrong")))
    await case("presigned too long ago", presigned("PUT", "/bucket/key", minutes=-2))

    trust = {
        "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
    }
    form = {"Content-Type": "application/x-www-form-urlencoded"}

    async def iam(action, **given):
        from urllib.parse import urlencode

        query = urlencode({"Action": action, "Version": "2010-05-08", **given}).encode()
        status, text = await call(signed("POST", "/", query, form, service="iam"))
        assert status == 200, (action, text)
        return text

    await iam("CreateRole", RoleName="role", AssumeRolePolicyDocument=json.dumps(trust))
    import base64
    import io
    import zipfile

    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr(
            "function.py", "def handler(event, context):\n    return {'statusCode': 200, 'body': 'hello'}\n"
        )
    definition = {
        "FunctionName": "hello",
        "Role": "arn:aws:iam::000000000000:role/role",
        "Runtime": "python3.13",
        "Handler": "function.handler",
        "Code": {"ZipFile": base64.b64encode(code.getvalue()).decode()},
    }

    def to_lambda(path, document):
        return signed("POST", path, json.dumps(document).encode(), service="lambda")

    await case("make a function", to_lambda("/2015-03-31/functions", definition))
    made = await case("make its URL", to_lambda("/2021-10-31/functions/hello/url", {"AuthType": "AWS_IAM"}))
    url = json.loads(made)["FunctionUrl"]
    identifier = urlsplit(url).path.strip("/").rpartition("/")[2] or urlsplit(url).netloc.split(".")[0]
    path = f"/_aws/lambda-url/{identifier}/v1/apps"
    await case("function URL", signed("GET", path, service="lambda"))
    await case("function URL, signed for another service", signed("GET", path, service="mobiletargeting"))
    await case("function URL, another region", signed("GET", path, service="lambda", region="eu-west-1"))
    await case("function URL, 6 minutes old", signed("GET", path, service="lambda", minutes=-6))
    await case("function URL, wrong secret", signed("GET", path, service="lambda", keys=("test", "wrong")))
    await case("function URL, unsigned", signed("GET", path, keys=None))

    both = {
        "url": [("lambda:InvokeFunctionUrl", {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}})],
        "invoke": [("lambda:InvokeFunction", {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}})],
    }
    both["both"] = both["url"] + both["invoke"]
    for name, rights in both.items():
        await iam("CreateUser", UserName=name)
        statements = [
            {
                "Effect": "Allow",
                "Action": action,
                "Condition": condition,
                "Resource": "arn:aws:lambda:us-east-1:000000000000:function:hello",
            }
            for action, condition in rights
        ]
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        await iam("PutUserPolicy", UserName=name, PolicyName="p", PolicyDocument=policy)
        text = await iam("CreateAccessKey", UserName=name)
        keys = tuple(text.split(f"<{tag}>")[1].split("<")[0] for tag in ("AccessKeyId", "SecretAccessKey"))
        await case(f"function URL, rights: {name}", signed("GET", path, service="lambda", keys=keys))
    print(json.dumps(said))


asyncio.run(main())
sys.stdout.flush()
os._exit(0)  # without waiting for the workers of functions
