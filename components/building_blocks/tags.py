"""What every resource of an architecture has: tags that say which stack and architecture it belongs to, and what the
guardrails ask of all, further tags and a prefix of names."""

from collections.abc import Mapping
from typing import Any

import pulumi

from components.building_blocks import guardrails, names

OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
"""S3 takes ten tags on an object at the most: it has the program's own alone."""


def tagged(opts: pulumi.ResourceOptions | None, architecture: str) -> pulumi.ResourceOptions:
    """Returns `opts` for a component whose taggable descendants all carry the stack's and the architecture's tag.

    Tags that a resource sets itself are kept; `engagement:stack` and `engagement:architecture` belong to this function.
    """
    tags = {"engagement:stack": pulumi.get_stack(), "engagement:architecture": architecture}
    further = guardrails.current().config.tags

    def transform(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult:
        given: Mapping[str, Any] = args.props  # pyright: ignore[reportAssignmentType] a resource's properties are a mapping by now
        props, opts = names.with_prefix(args.type_, args.name, given, args.opts)
        if hasattr(type(args.resource), "tags"):
            asked = {} if args.type_ == OBJECT else further
            props = {**props, "tags": {**asked, **(props.get("tags") or {}), **tags}}
        return pulumi.ResourceTransformationResult(dict(props), opts)

    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(transformations=[transform]))
