"""Tags on everything: which stack and which architecture a resource belongs to."""

from collections.abc import Mapping
from typing import Any

import pulumi


def tagged(opts: pulumi.ResourceOptions | None, architecture: str) -> pulumi.ResourceOptions:
    """Returns `opts` for a component whose taggable descendants all carry the stack's and the architecture's tag.

    Tags that a resource sets itself are kept; `engagement:stack` and `engagement:architecture` belong to this function.
    """
    tags = {"engagement:stack": pulumi.get_stack(), "engagement:architecture": architecture}

    def add_tags(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
        if not hasattr(type(args.resource), "tags"):
            return None
        given: Mapping[str, Any] = args.props  # pyright: ignore[reportAssignmentType] a resource's properties are a mapping by now
        props = {**given, "tags": {**(given.get("tags") or {}), **tags}}
        return pulumi.ResourceTransformationResult(props, args.opts)

    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(transformations=[add_tags]))
