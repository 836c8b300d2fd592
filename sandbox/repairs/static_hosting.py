"""CloudFront's cache and what CloudFront and S3 log of who read what; MiniStack serves without either.

A 200 answer is kept for the time that the object names (`Cache-Control`) or the cache policy's default, within the
policy's bounds; 403 and 404 for ten seconds. Invalidations forget by path. Logs are written at once, an object a
request, where AWS gathers them for minutes; each is held to the policy of the bucket that it goes to.
"""
# pyright: reportMissingImports=false

import contextvars
import fnmatch
import gzip
import logging
import re
import time
import uuid
from datetime import UTC, datetime
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudfront, cloudwatch_logs, s3

logger = logging.getLogger("sandbox.static_hosting")

ERROR_SECONDS = 10
FIELDS = "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status x-edge-result-type"

_cached: dict[tuple[str, str], tuple[float, float, tuple[Any, ...]]] = {}
"""(distribution, path) -> (since, until, answer of the origin)."""
_age: contextvars.ContextVar[float | None] = contextvars.ContextVar("age", default=None)


def install() -> None:
    """Puts the cache before the origins, forgets what is invalidated, and logs."""
    _cache()
    _forget()
    _log_distributions()
    _log_buckets()


def _cache() -> None:
    fetch = cloudfront._fetch_from_origin

    async def from_cache(origin: dict[str, Any], method: str, uri: str, *more: Any) -> Any:
        arn = more[-1]
        if method not in ("GET", "HEAD") or not origin.get("s3_bucket"):
            return await fetch(origin, method, uri, *more)
        now = time.monotonic()
        since, until, answer = _cached.get((arn, uri), (0.0, 0.0, ()))
        if now < until:
            _age.set(now - since)
        else:
            answer = await fetch(origin, "GET", uri, *more)
            _cached[arn, uri] = (now, now + _seconds(arn, answer[0], answer[2]), answer)
        status, reason, headers, body = answer
        return status, reason, dict(headers), b"" if method == "HEAD" else body

    cloudfront._fetch_from_origin = from_cache


def _seconds(arn: str, status: int, headers: dict[str, Any]) -> float:
    """How long an answer is kept, by the default behaviour's cache policy."""
    if status != 200:
        return ERROR_SECONDS if status in (403, 404) else 0
    distribution = cloudfront._distributions[arn.rpartition("/")[2]]
    behavior = cloudfront._find(cloudfront._dist_config_el(distribution), "DefaultCacheBehavior")
    policy = cloudfront._cache_policies.get(cloudfront._text(behavior, "CachePolicyId"))
    config = policy["Config"] if policy else {"MinTTL": 0, "DefaultTTL": 86_400, "MaxTTL": 31_536_000}
    control = str(headers.get("cache-control", ""))
    if re.search(r"no-store|no-cache|private", control):
        return float(config["MinTTL"])
    named = re.search(r"s-maxage=(\d+)", control) or re.search(r"max-age=(\d+)", control)
    return min(max(float(named[1]) if named else float(config["DefaultTTL"]), config["MinTTL"]), config["MaxTTL"])


def _forget() -> None:
    create = cloudfront._create_invalidation

    def invalidate(distribution: str, body: bytes) -> Any:
        answer = create(distribution, body)
        if answer[0] < 300:
            paths = [
                str(item.text) for item in cloudfront._find(cloudfront._parse_body(body), "Paths").iter() if item.text
            ]
            for arn, path in list(_cached):
                if arn.endswith(f"/{distribution}") and any(fnmatch.fnmatchcase(path, each) for each in paths):
                    del _cached[arn, path]
        return answer

    cloudfront._create_invalidation = invalidate


def _log_distributions() -> None:
    serve = cloudfront.handle_viewer_request

    async def logged(distribution: dict[str, Any], method: str, path: str, *more: Any) -> Any:
        _age.set(None)
        status, headers, body = await serve(distribution, method, path, *more)
        age = _age.get()
        if age is not None:
            headers = {**headers, "X-Cache": "Hit from cloudfront", "Age": str(int(age))}
        result = "Hit" if age is not None else "Error" if status >= 400 else "Miss"
        host = more[2].get("host", "-")
        client = more[-1] if isinstance(more[-1], str) else "-"
        now = datetime.now(UTC)
        edge = (f"{now:%Y-%m-%d}", f"{now:%H:%M:%S}", "SANDBOX", str(len(body or b"")), client)
        line = "\t".join((*edge, method, host, path, str(status), result))
        for bucket, prefix in _destinations(distribution["ARN"]):
            name = f"{distribution['Id']}.{now:%Y-%m-%d-%H}.{uuid.uuid4().hex[:8]}.gz"
            key = f"{prefix}AWSLogs/{get_account_id()}/CloudFront/{name}"
            text = f"#Version: 1.0\n#Fields: {FIELDS}\n{line}\n"
            source = f"arn:aws:logs:{get_region()}:{get_account_id()}:delivery-source:{distribution['Id']}"
            await _write("delivery.logs.amazonaws.com", source, bucket, key, gzip.compress(text.encode()))
        return status, headers, body

    cloudfront.handle_viewer_request = logged


def _destinations(arn: str) -> list[tuple[str, str]]:
    """Buckets and key prefixes where the access logs of a resource go."""
    sources = {
        source["name"]
        for source in cloudwatch_logs._delivery_sources.values()
        if arn in source["resourceArns"] and source["logType"] == "ACCESS_LOGS"
    }
    targets = {
        delivery["deliveryDestinationArn"]
        for delivery in cloudwatch_logs._deliveries.values()
        if delivery["deliverySourceName"] in sources
    }
    found = []
    for destination in cloudwatch_logs._delivery_destinations.values():
        if destination["arn"] in targets:
            resource = destination["deliveryDestinationConfiguration"]["destinationResourceArn"]
            bucket, _, prefix = resource.partition(":::")[2].partition("/")
            found.append((bucket, f"{prefix}/" if prefix else ""))
    return found


def _log_buckets() -> None:
    handle = s3.handle_request

    async def logged(method: str, path: str, *more: Any, **options: Any) -> Any:
        answer = await handle(method, path, *more, **options)
        bucket, _, key = path.lstrip("/").partition("/")
        if key:
            await _log_object(bucket, f"REST.{method}.OBJECT", key, answer[0])
        return answer

    s3.handle_request = logged
    fetch = cloudfront._fetch_from_origin

    async def fetched(origin: dict[str, Any], method: str, uri: str, *more: Any) -> Any:
        answer = await fetch(origin, method, uri, *more)
        if origin.get("s3_bucket") and _age.get() is None:
            await _log_object(origin["s3_bucket"], f"REST.{method}.OBJECT", uri.lstrip("/"), answer[0])
        return answer

    cloudfront._fetch_from_origin = fetched


async def _log_object(bucket: str, operation: str, key: str, status: int) -> None:
    config = s3._bucket_logging_config.get(bucket)
    target = re.search(r"<TargetBucket>(.*?)</TargetBucket>", config or "")
    if target is None:
        return
    prefix = re.search(r"<TargetPrefix>(.*?)</TargetPrefix>", config)
    now = datetime.now(UTC)
    line = f"{get_account_id()} {bucket} [{now:%d/%b/%Y:%H:%M:%S +0000}] - - {uuid.uuid4().hex} {operation} {key} - {status}\n"
    name = f"{prefix[1] if prefix else ''}{now:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4().hex[:16].upper()}"
    await _write("logging.s3.amazonaws.com", f"arn:aws:s3:::{bucket}", target[1], name, line.encode())


async def _write(service: str, source_arn: str, bucket: str, key: str, body: bytes) -> None:
    """Puts an object as an AWS service, if the bucket's policy lets it; says so otherwise, as nobody else would."""
    context = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action="s3:PutObject",
        resource_arn=f"arn:aws:s3:::{bucket}/{key}",
        region=get_region(),
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": get_account_id()},
    )
    if evaluate_resource_policy(s3._bucket_policies.get(bucket), context, service=service).decision != "Allow":
        logger.warning("the policy of bucket %s does not let %s write %s", bucket, service, key)
        return
    headers = {"content-type": "text/plain", "content-length": str(len(body)), "host": "s3.localhost"}
    status, _, answer = s3._put_object(bucket, key, body, headers)
    if status >= 300:
        logger.warning("the log %s was not written: %s", key, answer)
