"""Stack `content`: files that everybody may read, for emails and landing pages. Needs no other stack."""

from collections.abc import Mapping
from typing import Any

from components.building_blocks.account import Account
from components.simple_cms import SimpleCms, SimpleCmsArgs, SimpleCmsConfig
from stacks import dashboards, keys

ARCHITECTURES = {"simpleCms": SimpleCmsConfig}
MODELS = {**keys.OF_EVERY_STACK, **ARCHITECTURES}

EXPORTS = {
    "domain": "Domain that serves the files.",
    "bucketName": "Bucket that the files are uploaded to.",
    "url": "Address of the files, with `/` at its end.",
    "distributionId": "CloudFront distribution, for invalidations.",
    "logBucketName": "Bucket with the logs of who read what.",
}


def compose(settings: Mapping[str, Any], account: Account) -> dict[str, Any]:
    """Makes the architectures that are enabled; returns their exports."""
    if not settings["simpleCms"].enabled:
        return {}
    cms = SimpleCms("simple-cms", SimpleCmsArgs(config=settings["simpleCms"], account=account))
    return {
        "domain": cms.domain,
        "bucketName": cms.bucket_name,
        "url": cms.url,
        "distributionId": cms.distribution_id,
        "logBucketName": cms.log_bucket_name,
    }


@dashboards.drawn
async def program(environment: str) -> dict[str, Any]:
    """Exports what EXPORTS describes, of the architectures that are enabled."""
    settings = keys.load(MODELS)
    return compose(settings, Account.current()) if settings["simpleCms"].enabled else {}
