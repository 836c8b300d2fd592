"""Architecture 2: mail to an address that nobody reads is answered from a template, once, and never a machine's.

Receipt rule -> function (which SES does not wait for) -> reply by SES; then the rule set stops.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import pulumi
import pulumi_aws as aws
import pydantic

from components.building_blocks import failures, names
from components.building_blocks.active_rule_set import active_rule_set
from components.building_blocks.crud_invocation import SETTLING_SECONDS, CrudInvocation, CrudInvocationArgs
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.mailboxes import address_of
from components.building_blocks.policy import Statement
from components.building_blocks.queue import DeadLetters
from components.building_blocks.regions import MAIL_RECEIVING, warn_unless_in
from components.building_blocks.table import table
from components.building_blocks.tags import tagged
from components.config import ArchitectureConfig, ConfigModel
from components.config import problems_error as config_problems
from components.engagement.project import EngagementProject
from components.engagement.project_config import IN_SES_SANDBOX
from components.engagement.sending import RECIPIENT_IDENTITIES, WHY_ANY_RECIPIENT, WHY_ANY_SET
from components.outputs import Component, Declared

ARCHITECTURE = "sesAutoReply"
PACKAGE = "ses_auto_reply"
SECONDS = 60
SES = "ses.amazonaws.com"
DEFAULT_RULE_SET = "default-rule-set"
NEW_RULE_SET = "mail"
RECIPIENTS_CHARACTERS = 2000
"""What a function's environment (4 KB) and a role's policy (10 KB) can hold of them."""
NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,62}[A-Za-z0-9])?")
DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)+"
RECIPIENT = re.compile(rf"(?:[^\s@<>\"*?]{{1,64}}@|\.)?{DOMAIN}")
WHY_ANY_ADDRESS = "an address that a mail was sent to may be an identity of its own, beside its domain"
WHY_ANY_IDENTITY = (
    "replies come from the address that a mail was sent to, and the rule takes mail to every one of SES's"
)
WHY_ANY_RULE_SET = "version 1 of SES's API knows no resources for receipt rule sets"


class NewRuleSetConfig(ConfigModel):
    """A rule set that the stack makes."""

    name: str | None = pydantic.Field(
        default=None,
        description=f"Its name: letters, digits, `-`, `_` and `.`, at most 64; without it: {NEW_RULE_SET}, in environment "
        f"`prod` {NEW_RULE_SET}-prod.",
    )
    activate: bool = pydantic.Field(
        default=False,
        description="Whether it becomes the active one; only that takes mail, one in each account and region.",
    )
    replace_active: bool = pydantic.Field(
        default=False, description="Whether it becomes so even where another one is active; false: that is an error."
    )

    @pydantic.model_validator(mode="after")
    def replaces_by_activating(self) -> Self:
        if self.replace_active and not self.activate:
            raise ValueError("replaceActive is true without activate: true")
        return self


class RuleSetConfig(ConfigModel):
    """The rule set that the rule goes into: an existing one, or a new one."""

    existing: str | None = pydantic.Field(
        default=None, description=f"Name of a rule set that exists; without it and `new`: {DEFAULT_RULE_SET}."
    )
    new: NewRuleSetConfig | None = pydantic.Field(default=None, description="A rule set to make.")

    @pydantic.model_validator(mode="after")
    def one_of_them(self) -> Self:
        if self.existing is not None and self.new is not None:
            raise ValueError("both existing and new are given; allowed: one of them")
        given = self.new.name if self.new is not None else self.existing
        if given is not None and not NAME.fullmatch(given):
            raise ValueError("the name is none of a rule set; allowed: 1 to 64 letters, digits, - _ .")
        return self


class SesAutoReplyConfig(ArchitectureConfig):
    """Config key `sesAutoReply`."""

    template_name: str | None = pydantic.Field(
        default=None,
        min_length=1,
        max_length=128,
        description="Email template of the replies; needed where the architecture is enabled. `%%NAME%%` in it is the "
        "mail's From, `%%ID%%` its message id.",
    )
    template_source: Literal["project", "ses"] = pydantic.Field(
        default="project", description="Whose template it is: the engagement project's, or SES's."
    )
    rule_set: RuleSetConfig = pydantic.Field(default=RuleSetConfig(), description="Where the receipt rule goes.")
    position: Literal["first", "last"] = pydantic.Field(
        default="last", description="The rule's place in the set, as the set is at `pulumi up`."
    )
    after_rule: str | None = pydantic.Field(
        default=None, min_length=1, description="Name of the rule that it follows, instead of a position."
    )
    recipients: tuple[str, ...] = pydantic.Field(
        default=(),
        description="Addresses and domains whose mail is answered (`.example.org`: its subdomains); empty: all of SES's.",
    )
    sender: str | None = pydantic.Field(
        default=None,
        max_length=320,
        description="Whom replies are from: an address, or `Name <address>`; without it: the address that the mail was sent to.",
    )
    configuration_set: str | None = pydantic.Field(
        default=None, min_length=1, max_length=64, description="SES configuration set of the replies."
    )
    ses_sandbox: bool = pydantic.Field(default=False, description=IN_SES_SANDBOX)
    quiet_hours: int = pydantic.Field(
        default=24, ge=1, le=8760, description="Hours in which an address that got a reply gets no other one."
    )
    reply_when_headers_truncated: bool = pydantic.Field(
        default=True,
        description="Whether mail with more than 10 KB of headers is answered, of which SES tells only the first.",
    )

    @pydantic.field_validator("recipients")
    @classmethod
    def addresses_or_domains(cls, recipients: tuple[str, ...]) -> tuple[str, ...]:
        if any(not RECIPIENT.fullmatch(recipient) for recipient in recipients):
            raise ValueError("allowed: addresses, domains, and .domains for their subdomains")
        if len(json.dumps(recipients)) > RECIPIENTS_CHARACTERS:
            raise ValueError(
                f"more than {RECIPIENTS_CHARACTERS:,} characters together; allowed: fewer, or their domains"
            )
        return tuple(dict.fromkeys(recipient.lower() for recipient in recipients))

    @pydantic.field_validator("sender")
    @classmethod
    def one_address(cls, sender: str | None) -> str | None:
        if sender is not None:
            address_of(sender)
        return sender

    @pydantic.model_validator(mode="after")
    def has_a_template(self) -> Self:
        if self.enabled and self.template_name is None:
            raise ValueError("templateName is missing; needed: the name of the replies' email template")
        return self


@dataclass(frozen=True)
class SesAutoReplyArgs:
    """The config, and the project whose templates replies may use."""

    config: SesAutoReplyConfig
    project: EngagementProject


class SesAutoReply(Component):
    """Answers mail that SES receives."""

    rule_name: Declared[str] = Declared("Receipt rule that hands mail to the auto-reply.", export="autoReplyRuleName")
    unanswered_queue_url: Declared[str] = Declared(
        "Queue with the mail that could not be answered; message attribute `reason`.",
        export="autoReplyUnansweredQueueUrl",
    )

    def __init__(self, name: str, args: SesAutoReplyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:patterns:SesAutoReply", name, None, tagged(opts, ARCHITECTURE))
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        warn_unless_in(args.project.account.region, MAIL_RECEIVING, "receiving of mail by SES", self)
        unanswered = DeadLetters(f"{name}-unanswered", args.project.alert_topic_arn, opts=self._child)
        responder = self._responder(unanswered)
        unanswered.redriven("Mail that could not be answered.", failures.by_function("records", responder.name))
        rule = self._rule(responder)
        self.rule_name = rule.name
        self.unanswered_queue_url = unanswered.url
        self.register()

    def _responder(self, unanswered: DeadLetters) -> Function:
        config, project = self._args.config, self._args.project
        ledger = table(f"{self._name}-ledger", self, expires=True)
        of_project = config.template_source == "project"
        return Function(
            self._name,
            FunctionArgs(
                handler="handlers.ses_auto_reply.function.handler",
                layer_arn=project.layer_arn,
                environment={
                    **(project.environment() if of_project else {}),
                    "TEMPLATE_NAME": config.template_name or "",
                    "TEMPLATE_SOURCE": config.template_source,
                    "SENDER": config.sender or "",
                    "RECIPIENTS": json.dumps(config.recipients),
                    "CONFIGURATION_SET": config.configuration_set or "",
                    "QUIET_HOURS": str(config.quiet_hours),
                    "REPLY_WHEN_HEADERS_TRUNCATED": str(config.reply_when_headers_truncated).lower(),
                    "LEDGER_TABLE": ledger.name,
                    "UNANSWERED_QUEUE_URL": unanswered.url,
                },
                statements=[
                    *(project.statements("GetEmailTemplate") if of_project else [self._ses_template_statement()]),
                    *self._send_statements(),
                    Statement(
                        ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
                        [ledger.arn],
                    ),
                    unanswered.send_statement(),
                ],
                timeout_seconds=SECONDS,
                asynchronous=True,
                alarm_topic_arn=project.alert_topic_arn,
                description="Answers received mail",
            ),
            pulumi.ResourceOptions(parent=self, depends_on=unanswered.ready),
        )

    def _ses_template_statement(self) -> Statement:
        return Statement(["ses:GetEmailTemplate"], [self._ses(f"template/{self._args.config.template_name}")])

    def _send_statements(self) -> list[Statement]:
        """SendEmail from the addresses that replies can be from, and no other."""
        config = self._args.config
        if config.sender:
            return [self._send_as([address_of(config.sender)])]
        addresses = [recipient for recipient in config.recipients if "@" in recipient]
        domains = [recipient for recipient in config.recipients if "@" not in recipient]
        if not config.recipients:
            return [self._send(["identity/*"], None, WHY_ANY_IDENTITY)]
        statements = [self._send_as(addresses)] if addresses else []
        if domains:
            # Mail to `.example.org` comes to subdomains, which are verified themselves or by a domain above them.
            names = [name for domain in domains for name in _identities(domain)]
            patterns = [f"*@{'*' if domain.startswith('.') else ''}{domain}" for domain in domains]
            statements.append(self._send(names, {"StringLike": {"ses:FromAddress": patterns}}, WHY_ANY_ADDRESS))
        return statements

    def _send_as(self, addresses: Sequence[str]) -> Statement:
        names = [f"identity/{name}" for address in addresses for name in (address, address.rpartition("@")[2].lower())]
        return self._send(
            list(dict.fromkeys(names)), {"StringEqualsIgnoreCase": {"ses:FromAddress": list(addresses)}}, None
        )

    def _send(self, names: Sequence[str], conditions: dict[str, Any] | None, why: str | None) -> Statement:
        with_set = self._args.config.configuration_set
        resources = [*names, f"configuration-set/{with_set or '*'}"]
        reasons = [why, None if with_set else WHY_ANY_SET]
        if self._args.config.ses_sandbox:
            resources, reasons = [*resources, RECIPIENT_IDENTITIES], [*reasons, WHY_ANY_RECIPIENT]
        return Statement(
            ["ses:SendEmail"],
            [self._ses(name) for name in dict.fromkeys(resources)],
            conditions,
            why_wildcard="; ".join(filter(None, reasons)) or None,
        )

    def _ses(self, resource: pulumi.Input[str]) -> pulumi.Output[str]:
        return self._args.project.account.arn("ses", resource)

    def _rule(self, responder: Function) -> aws.ses.ReceiptRule:
        config, account = self._args.config, self._args.project.account
        rule_name = names.prefixed(f"{pulumi.get_stack()}-{self._name}")
        made = [self._new_rule_set(config.rule_set.new)] if config.rule_set.new else []
        set_name = made[0].rule_set_name if made else config.rule_set.existing or DEFAULT_RULE_SET
        function = self._rule_set_function()
        placement = CrudInvocation(
            f"{self._name}-place",
            CrudInvocationArgs(
                function,
                {
                    "Task": "place",
                    "RuleSetName": set_name,
                    "RuleName": rule_name,
                    "Position": config.position,
                    "AfterRule": config.after_rule or "",
                },
            ),
            pulumi.ResourceOptions(parent=self, depends_on=made),
        )
        permission = aws.lambda_.Permission(
            f"{self._name}-permission",
            action="lambda:InvokeFunction",
            function=responder.name,
            principal=SES,
            source_account=account.id,
            source_arn=self._ses(pulumi.Output.format("receipt-rule-set/{0}:receipt-rule/{1}", set_name, rule_name)),
            opts=self._child,
        )
        rule = aws.ses.ReceiptRule(
            f"{self._name}-rule",
            name=rule_name,
            rule_set_name=set_name,
            after=placement.result.apply(lambda result: result.get("After") or None),
            enabled=True,
            recipients=list(config.recipients),
            scan_enabled=True,
            lambda_actions=[{"function_arn": responder.arn, "invocation_type": "Event", "position": 1}],
            stop_actions=[{"scope": "RuleSet", "position": 2}],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[permission, *responder.ready, *made]),
        )
        self._activate(function, rule, placement, set_name)
        return rule

    def _new_rule_set(self, new: NewRuleSetConfig) -> aws.ses.ReceiptRuleSet:
        made = aws.ses.ReceiptRuleSet(
            f"{self._name}-rule-set",
            rule_set_name=new.name or names.of_this_environment(NEW_RULE_SET),
            opts=self._child if new.name else names.keeping(self._child, "rule_set_name"),
        )
        if new.activate and not new.replace_active:
            active = pulumi.Output.from_input(active_rule_set(self))
            pulumi.Output.all(active, made.rule_set_name).apply(lambda found: _check_active(*found))
        return made

    def _activate(
        self,
        function: Function,
        rule: aws.ses.ReceiptRule,
        placement: CrudInvocation,
        set_name: pulumi.Input[str],
    ) -> None:
        """Last, so that the set takes mail with its rule in it. A set that takes none is worth a warning."""
        new = self._args.config.rule_set.new
        if new is None or not new.activate:
            pulumi.Output.all(placement.result, set_name).apply(lambda placed: self._warn_of_an_idle_set(*placed))
            return
        CrudInvocation(
            f"{self._name}-activation",
            CrudInvocationArgs(
                function, {"Task": "activate", "RuleSetName": set_name, "ReplaceActive": new.replace_active}
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[rule]),
        )

    def _warn_of_an_idle_set(self, placed: dict[str, Any], set_name: str) -> None:
        if placed.get("Active") is False:
            pulumi.log.warn(f"receipt rule set {set_name} is not the active one: it takes no mail yet", self)

    def _rule_set_function(self) -> Function:
        return Function(
            f"{self._name}-rule-set",
            FunctionArgs(
                handler="handlers.ses_auto_reply.rule_set.handler",
                layer_arn=self._args.project.layer_arn,
                statements=[
                    Statement(
                        [
                            "ses:DescribeActiveReceiptRuleSet",
                            "ses:DescribeReceiptRuleSet",
                            "ses:ListReceiptRuleSets",
                            *(["ses:SetActiveReceiptRuleSet"] if self._activates else []),
                        ],
                        ["*"],
                        why_wildcard=WHY_ANY_RULE_SET,
                    )
                ],
                timeout_seconds=SETTLING_SECONDS,
                description="Finds the receipt rule's place, and activates the rule set where config says so",
            ),
            self._child,
        )

    @property
    def _activates(self) -> bool:
        new = self._args.config.rule_set.new
        return new is not None and new.activate


def _check_active(active: str, name: str) -> None:
    if active not in ("", name):
        raise config_problems(
            [
                f"engagement:{ARCHITECTURE}.ruleSet.new: activates {name}, but rule set {active} is active, and an account "
                f"has one active set in a region; allowed: ruleSet.existing: {active}, new.activate: false, or "
                "new.replaceActive: true, which takes the mail from the other one"
            ]
        )


def _identities(domain: str) -> list[str]:
    """Names of the identities that mail to a domain, or `.domain`, can be answered from."""
    if domain.startswith("."):
        return [f"identity/{domain[1:]}", f"identity/*{domain}"]
    return [f"identity/{domain}", f"identity/*@{domain}"]
