"""Dashboards. What CloudWatch would refuse is refused here: MiniStack takes any text for a dashboard's body.

Sources: CloudWatch API Reference, "PutDashboard" and "Dashboard Body Structure and Syntax"; User Guide, "CloudWatch service quotas".
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from sandbox.deployer.clients import Clients
from sandbox.deployer.resource import Created, Inputs, Outputs, Resource, unless_gone

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
ID = re.compile(r"[a-z][A-Za-z0-9_]*")
WIDGETS, METRICS, METRICS_IN_A_WIDGET, ALARMS_IN_A_WIDGET = 500, 2500, 500, 100
PLACES = {"x": (0, 23), "y": (0, None), "width": (1, 24), "height": (1, 1000)}
NEEDED = {"metric": "region", "text": "markdown", "alarm": "alarms"}
"""Types of widget that the program uses, and what each needs; others of CloudWatch's are unknown here."""


class Dashboard(Resource):
    pulumi_type = "aws:cloudwatch/dashboard:Dashboard"
    inputs = frozenset(("dashboardName", "dashboardBody"))
    required = inputs
    replace_on = frozenset(("dashboardName",))

    def _put(self, aws: Clients, inputs: Inputs) -> None:
        # Not before: at a preview the body is not known.
        if found := problems(inputs["dashboardName"], inputs["dashboardBody"]):
            raise ValueError(f"CloudWatch refuses the dashboard: {'; '.join(found)}")
        aws("cloudwatch").put_dashboard(DashboardName=inputs["dashboardName"], DashboardBody=inputs["dashboardBody"])

    def create(self, aws: Clients, inputs: Inputs) -> Created:
        self._put(aws, inputs)
        arn = f"arn:aws:cloudwatch::{aws.account}:dashboard/{inputs['dashboardName']}"
        return Created(inputs["dashboardName"], {"dashboardArn": arn})

    def update(self, aws: Clients, id: str, old: Inputs, new: Inputs, outputs: Outputs) -> Outputs:
        self._put(aws, new)
        return {}

    def delete(self, aws: Clients, id: str, inputs: Inputs, outputs: Outputs) -> None:
        unless_gone(aws("cloudwatch").delete_dashboards, DashboardNames=[id])


def problems(name: str, body: str) -> list[str]:
    """Why CloudWatch would not take a dashboard."""
    found = []
    if not NAME.fullmatch(name):
        found.append(f"name {name!r} is not 1 to 255 letters, digits, - and _")
    try:
        widgets = json.loads(body)["widgets"]
    except (ValueError, KeyError, TypeError):
        return [*found, "the body is no JSON object with `widgets`"]
    if len(widgets) > WIDGETS:
        found.append(f"{len(widgets)} widgets, at most {WIDGETS}")
    total = sum(len(widget["properties"].get("metrics", ())) for widget in widgets)
    if total > METRICS:
        found.append(f"{total} metrics, at most {METRICS}")
    found += [f"widget {at}: {problem}" for at, widget in enumerate(widgets) for problem in _widget(widget)]
    return found


def _widget(widget: dict[str, Any]) -> Iterator[str]:
    properties, kind = widget["properties"], widget["type"]
    if kind not in NEEDED:
        yield f"the sandbox does not know type {kind!r} (it knows {sorted(NEEDED)})"
        return
    if not properties.get(NEEDED[kind]):
        yield f"{NEEDED[kind]!r} is missing"
    for key, (least, most) in PLACES.items():
        value = widget.get(key, least)
        if not isinstance(value, int) or value < least or (most is not None and value > most):
            yield f"{key} is {value!r}"
    if widget.get("x", 0) + widget.get("width", 6) > 24:
        yield "it is outside of the 24 columns"
    if len(properties.get("alarms", ())) > ALARMS_IN_A_WIDGET:
        yield f"{len(properties['alarms'])} alarms, at most {ALARMS_IN_A_WIDGET}"
    if kind == "metric":
        yield from _metrics(properties.get("metrics", []))


def _metrics(metrics: list[list[Any]]) -> Iterator[str]:
    if not 0 < len(metrics) <= METRICS_IN_A_WIDGET:
        yield f"{len(metrics)} metrics, allowed are 1 to {METRICS_IN_A_WIDGET}"
    ids = [metric[-1]["id"] for metric in metrics if isinstance(metric[-1], dict) and "id" in metric[-1]]
    if len(set(ids)) != len(ids) or not all(ID.fullmatch(id) for id in ids):
        yield f"ids {sorted(ids)} are not each its own, beginning with a small letter"
    for metric in metrics:
        options = metric[-1] if isinstance(metric[-1], dict) else {}
        names = metric[:-1] if options else metric
        if "expression" in options:
            used = set(re.findall(r"\b[a-z][A-Za-z0-9_]*\b", options["expression"]))
            if names or not used <= set(ids):
                yield f"expression {options['expression']!r} needs {sorted(used - set(ids))}"
        elif len(names) < 2 or len(names) % 2 or not all(isinstance(name, str) and name for name in names):
            yield f"metric {names} is not a namespace, a name and pairs of dimensions"
