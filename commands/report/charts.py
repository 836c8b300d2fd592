"""Charts as SVG, drawn by pygal: no script, no font and no address in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

import pygal
from pygal.style import Style

SVG = "http://www.w3.org/2000/svg"
WIDTH = 480
"""Of the drawing, in its own units: so that its letters can be read where the window is narrow."""
COLORS = ("#0072b2", "#d55e00", "#009e73", "#555555")
"""Okabe and Ito's, which people tell apart whatever colors they see."""
STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="#222222",
    foreground_strong="#222222",
    foreground_subtle="#555555",
    colors=COLORS,
    opacity="1",
    stroke_opacity="1",
    font_family="sans-serif",
    label_font_size=15,
    major_label_font_size=15,
    value_font_size=15,
    legend_font_size=15,
    guide_stroke_color="#dddddd",
    major_guide_stroke_color="#bbbbbb",
)
OPTIONS: Mapping[str, Any] = {
    "width": WIDTH,
    "style": STYLE,
    "js": (),
    "show_legend": False,
    "truncate_label": -1,
    "truncate_legend": -1,
    "disable_xml_declaration": True,
    "margin": 6,
}
LETTERS = 24
"""Of a bar's label, beside which there is to be room for the bar. The table has the whole of it."""
LABELS = 8
"""Days with a label below a chart of many: more would lie on one another."""


def bars(name: str, rows: Sequence[tuple[str, float]], shown: Callable[[float], str] = "{:,}".format) -> str:
    """A bar for each row, the first on top. name: the drawing's id on the page. shown: how a value is written."""
    chart = pygal.HorizontalBar(**OPTIONS, height=30 + 34 * len(rows), show_x_labels=False, show_x_guides=False)
    chart.x_labels = [f"{short(label)}: {shown(value)}" for label, value in reversed(rows)]
    chart.add("", [value for _, value in reversed(rows)])
    return _drawn(chart, name)


def columns(name: str, days: Sequence[str], series: Mapping[str, Sequence[int]]) -> str:
    """A column for each day and series, beside one another, with a legend."""
    chart = pygal.Bar(
        **{**OPTIONS, "show_legend": True},
        height=300,
        value_formatter="{:,.0f}".format,
        legend_at_bottom=True,
        legend_at_bottom_columns=1,
        x_label_rotation=45,
        show_minor_x_labels=False,
    )
    chart.x_labels = list(days)
    chart.x_labels_major = list(days[:: -(-len(days) // LABELS)])
    for title, values in series.items():
        chart.add(title, list(values))
    return _drawn(chart, name)


def short(label: str, letters: int = LETTERS) -> str:
    """A label of so many letters at the most."""
    return label if len(label) <= letters else f"{label[: letters - 1]}\N{HORIZONTAL ELLIPSIS}"


def _drawn(chart: Any, name: str) -> str:
    chart.uuid = name
    # Read again, its comments (which hold addresses) are gone, and its tree is no lxml's, which pygal takes where it is installed.
    root = ElementTree.fromstring(chart.render(is_unicode=True))  # noqa: S314 no input: pygal wrote it just now
    # A title would be shown wherever the mouse is.
    for parent in list(root.iter()):
        for child in [each for each in parent if each.tag in (f"{{{SVG}}}title", f"{{{SVG}}}script", f"{{{SVG}}}desc")]:
            parent.remove(child)
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, encoding="unicode")
