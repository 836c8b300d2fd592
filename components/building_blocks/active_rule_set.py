"""The account's active receipt rule set, of which SES has one in a region."""

from importlib import metadata

import pulumi

PLUGIN = metadata.version("pulumi-aws")
"""The plugin that the resources have: without a version an invocation would ask another one."""


async def active_rule_set(parent: pulumi.Resource) -> str:
    """The name of the active rule set; empty where there is none, or where it cannot be asked for."""
    token = "aws:ses/getActiveReceiptRuleSet:getActiveReceiptRuleSet"  # noqa: S105 a function's name, no secret
    try:
        found = await pulumi.runtime.invoke_async(token, {}, pulumi.InvokeOptions(parent=parent, version=PLUGIN))
    except Exception as error:  # noqa: BLE001 the provider's answer where none is active, too; `up` asks once more
        pulumi.log.debug(f"no active receipt rule set is known: {error}", parent)
        return ""
    return (found or {}).get("ruleSetName") or ""
