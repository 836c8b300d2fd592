"""Architecture 13: a run of its state machine queries a data lake by Athena and makes a segment of the result, or
attributes of the endpoints that it names.

Input or schedule -> Athena query -> import job (`direct`) or endpoint updates chunk by chunk (`mutate`) -> topic.
"""

import math
from dataclasses import dataclass
from typing import Self

import pulumi
import pulumi_aws as aws
import pydantic

from components.building_blocks import failures, policy
from components.building_blocks.bucket import Bucket, BucketArgs, objects
from components.building_blocks.function import Function, FunctionArgs
from components.building_blocks.policy import KEY_ARN, Statement
from components.building_blocks.polling_config import PollingConfig
from components.building_blocks.run_schedules import RunSchedule, run_by_schedules
from components.building_blocks.state_machine import StateMachine, StateMachineArgs
from components.building_blocks.tags import tagged
from components.building_blocks.topic import Topic, TopicArgs
from components.config import ArchitectureConfig
from components.engagement.project import EngagementProject
from components.federated_queries import grants
from components.federated_queries.config import CatalogConfig, LakeBucketConfig, QueryScheduleConfig
from components.federated_queries.definition import TASK_SECONDS, segmentation_definition
from components.outputs import Component, Declared

ARCHITECTURE = "federatedSegmentation"
RESULTS = "results/"
REPORTS = "reports/"
LOOKS_AT_MOST = 2000
"""A run's history has 25,000 events at the most; a look at a query or a job makes about eleven."""


class FederatedSegmentationConfig(PollingConfig, ArchitectureConfig):
    """Config key `federatedSegmentation`."""

    databases: list[str] = pydantic.Field(
        default_factory=list,
        description="Glue databases that queries may read; names without a database are looked up in the first one.",
    )
    catalog_key_arn: str | None = pydantic.Field(
        default=None,
        pattern=KEY_ARN,
        description="The KMS key by which the account's Glue Data Catalog is encrypted, where it is with a key of yours.",
    )
    buckets: list[LakeBucketConfig] = pydantic.Field(
        default_factory=list, description="Where those databases' files are."
    )
    catalogs: list[CatalogConfig] = pydantic.Field(
        default_factory=list, description="Further Athena catalogs (federated sources) that queries may read."
    )
    schedules: list[QueryScheduleConfig] = pydantic.Field(
        default_factory=list, description="Queries that run by themselves, each with a name of its own."
    )
    query_timeout_minutes: int = pydantic.Field(
        default=60, ge=1, le=1440, description="Minutes after which a query that has not ended is stopped."
    )
    max_chunks: int = pydantic.Field(
        default=4, ge=1, le=40, description="Into how many parts, worked off side by side, a large `mutate` is divided."
    )
    result_days: int = pydantic.Field(
        default=7, ge=2, description="Days after which query results and reports are deleted."
    )

    @property
    def max_query_polls(self) -> int:
        return math.ceil(self.query_timeout_minutes * 60 / self.poll_seconds)

    @pydantic.model_validator(mode="after")
    def both_waits_fit_into_a_history(self) -> Self:
        looks = self.max_polls + self.max_query_polls
        if looks > LOOKS_AT_MOST:
            raise ValueError(
                f"timeoutMinutes and queryTimeoutMinutes at pollSeconds {self.poll_seconds} are {looks} looks; "
                f"allowed: {LOOKS_AT_MOST}, which a run's history has room for"
            )
        return self

    @pydantic.field_validator("databases")
    @classmethod
    def are_names(cls, databases: list[str]) -> list[str]:
        for name in databases:
            if not name or any(character in name for character in "*?/$: "):
                raise ValueError("a database's name holds none of * ? / $ : and no space; allowed is for example lake")
        return databases

    @pydantic.field_validator("schedules")
    @classmethod
    def have_names_of_their_own(cls, schedules: list[QueryScheduleConfig]) -> list[QueryScheduleConfig]:
        names = [schedule.name for schedule in schedules]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"several schedules are called {', '.join(repeated)}; allowed: a name of its own for each")
        return schedules


@dataclass(frozen=True)
class FederatedSegmentationArgs:
    """The config, and the project whose segments and endpoints are made."""

    config: FederatedSegmentationConfig
    project: EngagementProject


class FederatedSegmentation(Component):
    """See the module."""

    federated_segmentation_state_machine_arn: Declared[str] = Declared(
        'State machine that makes a segment or attributes of a query\'s result; input `{"Query", "Type": "direct", "SegmentName", "SegmentId"?}` or `{"Query", "Type": "mutate"}`.'
    )
    federated_segmentation_topic_arn: Declared[str] = Declared(
        "Topic of its notifications (started, success, failure)."
    )
    federated_segmentation_workgroup_name: Declared[str] = Declared("Athena workgroup that the queries run in.")
    federated_segmentation_results_bucket_name: Declared[str] = Declared(
        "Bucket with the queries' results (`results/`) and reports (`reports/`)."
    )

    def __init__(self, name: str, args: FederatedSegmentationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("engagement:patterns:FederatedSegmentation", name, None, tagged(opts, ARCHITECTURE))
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        config, project = args.config, args.project
        results = Bucket(
            f"{name}-results",
            BucketArgs(
                versioned=False,
                noncurrent_days=1,
                retain_data=False,
                expire_prefixes={RESULTS: config.result_days, REPORTS: config.result_days},
            ),
            self._child,
        )
        workgroup = self._workgroup(results)
        topic = Topic(f"{name}-notifications", TopicArgs(key_arn=project.key_arn), self._child)
        tasks = self._tasks(results, self._import_role(results))
        machine = StateMachine(
            name,
            StateMachineArgs(
                definition=segmentation_definition(
                    tasks.arn,
                    topic.arn,
                    workgroup.name,
                    database=config.databases[0] if config.databases else None,
                    poll_seconds=config.poll_seconds,
                    max_polls=config.max_polls,
                    max_query_polls=config.max_query_polls,
                    max_chunks=config.max_chunks,
                ),
                statements=[
                    tasks.invoke_statement(),
                    *topic.publish_statements(),
                    *grants.workgroup_statements(workgroup.arn, results.arn, RESULTS),
                    *grants.database_statements(project.account, config.databases),
                    *grants.catalog_key_statements(project.account, config.catalog_key_arn),
                    *(
                        [grants.default_database_statement(project.account)]
                        if config.databases or config.catalogs
                        else []
                    ),
                    *grants.bucket_statements(project.account, config.buckets),
                    *grants.catalog_statements(project.account, config.catalogs),
                ],
                redrive=failures.by_input(),
                alarm_topic_arn=project.alert_topic_arn,
            ),
            self._child,
        )
        self._schedules(machine)
        self.federated_segmentation_state_machine_arn = machine.arn
        self.federated_segmentation_topic_arn = topic.arn
        self.federated_segmentation_workgroup_name = workgroup.name
        self.federated_segmentation_results_bucket_name = results.name
        self.register()

    def _workgroup(self, results: Bucket) -> aws.athena.Workgroup:
        return aws.athena.Workgroup(
            f"{self._name}-workgroup",
            description="Queries that make segments; their results expire.",
            configuration={
                "enforce_workgroup_configuration": True,
                "publish_cloudwatch_metrics_enabled": True,
                "result_configuration": {
                    "output_location": pulumi.Output.format("s3://{0}/{1}", results.name, RESULTS),
                    "encryption_configuration": results.query_results_encryption(),
                },
            },
            # Else a history of queries keeps the workgroup from being deleted.
            force_destroy=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=results.ready),
        )

    def _import_role(self, results: Bucket) -> policy.Role:
        """The role by which import jobs read results, and nothing else."""
        return policy.role(
            f"{self._name}-import",
            self._args.project.job_trust_policy(),
            [
                _read_results(results),
                Statement(["s3:ListBucket"], [results.arn], {"StringLike": {"s3:prefix": f"{RESULTS}*"}}),
            ],
            self._child,
            path=self._args.project.job_role_path(),
        )

    def _tasks(self, results: Bucket, role: policy.Role) -> Function:
        project = self._args.project
        return Function(
            f"{self._name}-tasks",
            FunctionArgs(
                handler="handlers.federated_segmentation.function.handler",
                layer_arn=project.layer_arn,
                environment={
                    **project.environment(),
                    "IMPORT_ROLE_ARN": role.role.arn,
                    "RESULTS_BUCKET": results.name,
                    "MAX_CHUNKS": str(self._args.config.max_chunks),
                },
                statements=[
                    *project.statements(
                        "CreateImportJob", "GetEndpoint", "GetImportJob", "GetSegment", "UpdateEndpointsBatch"
                    ),
                    *project.pass_role_statements(role.role.arn),
                    _read_results(results),
                    Statement(
                        ["s3:PutObject"],
                        [objects(results.arn, REPORTS)],
                        why_wildcard="reports of rows that changed nothing, named by run and place",
                    ),
                ],
                timeout_seconds=TASK_SECONDS,
                description="Looks at query results, imports them or updates endpoints by them",
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[*role.ready, *results.ready]),
        )

    def _schedules(self, machine: StateMachine) -> None:
        config, project = self._args.config, self._args.project
        run_by_schedules(
            self._name,
            machine,
            [
                RunSchedule(
                    each.name,
                    f"Query {each.name} of federated segmentation",
                    each.expression,
                    each.timezone,
                    each.run_input(),
                )
                for each in config.schedules
            ],
            account_id=project.account.id,
            alarm_topic_arn=project.alert_topic_arn,
            parent=self,
        )


def _read_results(results: Bucket) -> Statement:
    return Statement(
        ["s3:GetObject"], [objects(results.arn, RESULTS)], why_wildcard="query results, which Athena names"
    )
