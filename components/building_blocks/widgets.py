"""The parts of a CloudWatch dashboard: CloudWatch API Reference, "Dashboard Body Structure and Syntax"."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi

METRICS_IN_A_WIDGET = 500
"""CloudWatch User Guide, "CloudWatch service quotas": metrics in one widget. 2,500 are allowed in one dashboard, 500 widgets."""
ALARMS_IN_A_WIDGET = 100
COLUMNS = 24
ACROSS = 3
HEIGHT = 6
ALARMS_IN_A_ROW = 6


@dataclass(frozen=True)
class Line:
    """One line of a graph. dimensions: names and values in turn. hidden: it is there for an expression alone."""

    namespace: str
    metric: str
    dimensions: Sequence[pulumi.Input[str]] = ()
    label: str = ""
    statistic: str = "Sum"
    id: str = ""
    hidden: bool = False

    def render(self) -> list[Any]:
        options: dict[str, Any] = {"stat": self.statistic}
        if self.label:
            options["label"] = self.label
        if self.id:
            options["id"] = self.id
        if self.hidden:
            options["visible"] = False
        return [self.namespace, self.metric, *self.dimensions, options]


@dataclass(frozen=True)
class Computed:
    """A line that metric math makes of hidden ones, which stand before it."""

    expression: str
    label: str
    id: str
    of: Sequence[Line]

    def render(self) -> list[Any]:
        return [{"expression": self.expression, "label": self.label, "id": self.id}]


@dataclass(frozen=True)
class Limit:
    """A line that does not move: what the graph is held against."""

    label: str
    value: float


@dataclass(frozen=True)
class Graph:
    """Lines over time. One without lines is not drawn; one with too many is drawn as several."""

    title: str
    lines: Sequence[Line | Computed]
    limits: Sequence[Limit] = ()
    region: pulumi.Input[str] | None = None


@dataclass(frozen=True)
class Section:
    """A heading, a sentence, and the graphs below it."""

    title: str
    text: str
    graphs: Sequence[Graph] = field(default_factory=tuple)


def body(
    title: str,
    alarms: Sequence[pulumi.Input[str]],
    sections: Iterable[Section],
    region: pulumi.Input[str],
) -> dict[str, Any]:
    """The body, which may hold outputs: title, alarms and the sections that have something to show, from top to bottom."""
    widgets: list[dict[str, Any]] = []
    y = _text(widgets, 0, title, height=2)
    for arns in _pieces(list(alarms), ALARMS_IN_A_WIDGET):
        height = 1 + -(-len(arns) // ALARMS_IN_A_ROW)
        widget = {"title": "Alarms", "alarms": arns, "sortBy": "stateUpdatedTimestamp"}
        widgets.append({"type": "alarm", **_place(0, y, COLUMNS, height), "properties": widget})
        y += height
    for section in sections:
        drawn = [widget for graph in section.graphs for widget in _widgets(graph, region)]
        if not drawn:
            continue
        y = _text(widgets, y, f"## {section.title}\n{section.text}", height=2)
        width = COLUMNS // ACROSS
        for at, properties in enumerate(drawn):
            place = _place(at % ACROSS * width, y + at // ACROSS * HEIGHT, width, HEIGHT)
            widgets.append({"type": "metric", **place, "properties": properties})
        y += -(-len(drawn) // ACROSS) * HEIGHT
    return {"widgets": widgets}


def _text(widgets: list[dict[str, Any]], y: int, markdown: str, height: int) -> int:
    widgets.append({"type": "text", **_place(0, y, COLUMNS, height), "properties": {"markdown": markdown}})
    return y + height


def _place(x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "width": width, "height": height}


def _widgets(graph: Graph, region: pulumi.Input[str]) -> Iterator[dict[str, Any]]:
    rows = [
        [*(line.render() for line in each.of), each.render()] if isinstance(each, Computed) else [each.render()]
        for each in graph.lines
    ]
    at_once = METRICS_IN_A_WIDGET // max((len(row) for row in rows), default=1)
    pieces = list(_pieces(rows, at_once))
    for number, piece in enumerate(pieces, start=1):
        properties: dict[str, Any] = {
            "title": graph.title if len(pieces) == 1 else f"{graph.title} ({number} of {len(pieces)})",
            "view": "timeSeries",
            "region": region if graph.region is None else graph.region,
            "period": 300,
            "metrics": [metric for row in piece for metric in row],
            "yAxis": {"left": {"min": 0}},
        }
        if graph.limits:
            lines = [{"label": limit.label, "value": limit.value} for limit in graph.limits]
            properties["annotations"] = {"horizontal": lines}
        yield properties


def _pieces(items: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
