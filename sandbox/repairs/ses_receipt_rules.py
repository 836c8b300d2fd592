"""Receipt rules: the calls that MiniStack's SES lacks, and the checks of what rules reach.

As on AWS, a rule is refused when SES may not invoke its function, publish to its topic or write to its bucket.
"""
# pyright: reportMissingImports=false

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import lambda_svc, s3, ses

from sandbox.repairs import publishing

SERVICE = "ses.amazonaws.com"
SETUP_OBJECT = "AMAZON_SES_SETUP_NOTIFICATION"
"""What SES writes into a bucket to see whether it may."""
Parameters = dict[str, Any]
Action = dict[str, dict[str, str]]


def rule_arn(rule_set: str, rule: str) -> str:
    """The ARN of a rule: what SES says it acts for."""
    return f"arn:aws:ses:{get_region()}:{get_account_id()}:receipt-rule-set/{rule_set}:receipt-rule/{rule}"


def rules_of_active_set() -> tuple[str, list[dict[str, Any]]]:
    """The active rule set's name and its rules, in order; ("", []) without one."""
    name = ses._active_receipt_rule_set.get("name")
    return (name, ses._receipt_rule_sets[name]["Rules"]) if name else ("", [])


def answer(action: str, parameters: Parameters) -> Any:
    """The answer to a call that is not MiniStack's, or that is refused; None for all others."""
    if action in ("CreateReceiptRule", "UpdateReceiptRule"):
        refused = _refused(parameters)
        if refused is not None:
            return refused
    return CALLS[action](parameters) if action in CALLS else None


def _refused(parameters: Parameters) -> Any:
    rule = ses._receipt_rule_from_params(parameters)
    source = rule_arn(ses._p(parameters, "RuleSetName"), rule["Name"])
    for action in rule["Actions"]:
        for kind, given in action.items():
            if kind == "LambdaAction" and (reason := invoke_refusal(given["FunctionArn"], source)):
                said = f"Could not invoke Lambda function: {given['FunctionArn']} ({reason})"
                return ses._receipt_error("InvalidLambdaFunction", said)
            if kind == "S3Action" and (reason := _setup_refusal(given, source)):
                said = f"Could not write to bucket: {given['BucketName']} ({reason})"
                return ses._receipt_error("InvalidS3Configuration", said)
            topic = given.get("TopicArn")
            if topic and (reason := publishing.refusal(SERVICE, topic, source)):
                return ses._receipt_error("InvalidSnsTopic", f"Invalid SNS topic: {topic} ({reason})")
    return None


def invoke_refusal(function_arn: str, source_arn: str) -> str:
    """Why SES may not invoke a function: there is none, or its policy; "" if it may."""
    func, config, _ = lambda_svc._get_func_record_for_ref(function_arn)
    if not func or not config:
        return "the function does not exist"
    base, _, _ = lambda_svc._get_base_func_record_for_ref(function_arn)
    context = _context("lambda:InvokeFunction", function_arn, source_arn)
    if evaluate_resource_policy(base.get("policy"), context, service=SERVICE).decision != "Allow":
        return f"its policy does not let {SERVICE} invoke it for {source_arn}"
    return ""


def write_refusal(bucket: str, key: str, role_arn: str, source_arn: str) -> str:
    """Why SES may not write an object: no such bucket, its policy, or the role's; "" if it may."""
    if bucket not in s3._buckets:
        return "the bucket does not exist"
    resource = f"arn:aws:s3:::{bucket}/{key}"
    if role_arn:
        return publishing.role_refusal(role_arn, "s3:PutObject", resource, get_account_id())
    context = _context("s3:PutObject", resource, source_arn)
    policy = s3._bucket_policies.get(bucket)
    if evaluate_resource_policy(policy, context, service=SERVICE).decision != "Allow":
        return f"the bucket's policy does not let {SERVICE} write {key} for {source_arn}"
    return ""


def write(bucket: str, key: str, body: bytes) -> str:
    """Writes an object. Returns why it could not, or ""."""
    status, _, said = s3._put_object(bucket, key, body, {"content-type": "application/octet-stream"})
    return "" if status < 300 else said.decode("utf-8", "replace")


def _setup_refusal(given: dict[str, str], source_arn: str) -> str:
    key = f"{given.get('ObjectKeyPrefix', '')}{SETUP_OBJECT}"
    reason = write_refusal(given["BucketName"], key, given.get("IamRoleArn", ""), source_arn)
    return reason or write(given["BucketName"], key, b"An Amazon SES receipt rule may write to this bucket.\n")


def _context(action: str, resource: str, source_arn: str) -> EvalContext:
    account = get_account_id()
    return EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=get_region(),
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": account},
    )


def _named(parameters: Parameters, *keys: str) -> tuple[list[dict[str, Any]], Any]:
    """The rules of the set that a call names, and the error where there is no such set."""
    for key in ("RuleSetName", *keys):
        if error := ses._receipt_name_error(parameters, key, key[0].lower() + key[1:]):
            return [], error
    name = ses._p(parameters, "RuleSetName")
    if name not in ses._receipt_rule_sets:
        return [], ses._receipt_missing_set(name)
    return ses._receipt_rule_sets[name]["Rules"], None


def _missing(name: str) -> Any:
    return ses._receipt_error("RuleDoesNotExist", f"Rule does not exist: {name}")


def _place_of(rules: list[dict[str, Any]], name: str) -> int:
    """Where a rule is; -1 for one that is not there."""
    return next((place for place, rule in enumerate(rules) if rule["Name"] == name), -1)


def _update(parameters: Parameters) -> Any:
    rules, error = _named(parameters, "Rule.Name")
    if error:
        return error
    rule = ses._receipt_rule_from_params(parameters)
    if error := ses._receipt_rule_error(rule):
        return error
    place = _place_of(rules, rule["Name"])
    if place < 0:
        return _missing(rule["Name"])
    rules[place] = rule
    return ses._receipt_result("UpdateReceiptRule")


def _set_position(parameters: Parameters) -> Any:
    rules, error = _named(parameters, "RuleName")
    if error:
        return error
    name, after = ses._p(parameters, "RuleName"), ses._p(parameters, "After")
    for wanted in (name, after):
        if wanted and _place_of(rules, wanted) < 0:
            return _missing(wanted)
    rule = rules.pop(_place_of(rules, name))
    rules.insert(_place_of(rules, after) + 1 if after else 0, rule)
    return ses._receipt_result("SetReceiptRulePosition")


def _reorder(parameters: Parameters) -> Any:
    rules, error = _named(parameters)
    if error:
        return error
    names = ses._collect_list(parameters, "RuleNames.member")
    for name in names:
        if _place_of(rules, name) < 0:
            return _missing(name)
    if sorted(names) != sorted(rule["Name"] for rule in rules):
        return ses._receipt_error("InvalidParameterValue", "RuleNames must name every rule of the rule set once")
    rules.sort(key=lambda rule: names.index(rule["Name"]))
    return ses._receipt_result("ReorderReceiptRuleSet")


def _clone(parameters: Parameters) -> Any:
    if error := ses._receipt_name_error(parameters, "RuleSetName", "ruleSetName", "ruleSetName"):
        return error
    original, name = ses._p(parameters, "OriginalRuleSetName"), ses._p(parameters, "RuleSetName")
    if original not in ses._receipt_rule_sets:
        return ses._receipt_missing_set(original)
    if name in ses._receipt_rule_sets:
        return ses._receipt_error("AlreadyExists", f"Rule set already exists: {name}")
    ses._receipt_rule_sets[name] = {
        "Metadata": {"Name": name, "CreatedTimestamp": datetime.now(UTC).isoformat()},
        "Rules": copy.deepcopy(ses._receipt_rule_sets[original]["Rules"]),
    }
    return ses._receipt_result("CloneReceiptRuleSet")


CALLS: dict[str, Callable[[Parameters], Any]] = {
    "UpdateReceiptRule": _update,
    "SetReceiptRulePosition": _set_position,
    "ReorderReceiptRuleSet": _reorder,
    "CloneReceiptRuleSet": _clone,
}
