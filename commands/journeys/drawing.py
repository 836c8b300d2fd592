"""A journey's graph as text for a terminal, and as a Mermaid flowchart, which GitHub, GitLab and many wikis draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from commands.journeys.graph import LEFT, Node

OUT = "leaves"
ESCAPED = {'"': "#quot;", "<": "#lt;", ">": "#gt;", "#": "#35;", "\n": " "}
"""What stands for something else in a label: https://mermaid.js.org/syntax/flowchart.html"""


def lines(nodes: Sequence[Node]) -> Iterator[str]:
    """Each activity with its counts, and the ways from it."""
    for each in nodes:
        counted = ", ".join(f"{name} {number:,}" for name, number in sorted(each.counts.items()))
        yield f"{each.id}: {each.title}" + (f"  [{counted}]" if counted else "")
        for edge in each.edges:
            label = f"{edge.label}: " if edge.label else ""
            yield f"  {edge.count:>9,} -> {label}{edge.target or OUT}"


def mermaid(nodes: Sequence[Node]) -> Iterator[str]:
    """A flowchart, with the counts on its ways."""
    names: Mapping[str, str] = {each.id: f"a{number}" for number, each in enumerate(nodes)}
    yield "flowchart TD"
    for each in nodes:
        yield f'  {names[each.id]}["{_escaped(each.id)}<br/>{_escaped(each.title)}"]'
    if any(edge.target == LEFT for each in nodes for edge in each.edges):
        yield f"  out([{OUT}])"
    for each in nodes:
        for edge in each.edges:
            label = f"{edge.label}: {edge.count:,}" if edge.label else f"{edge.count:,}"
            yield f'  {names[each.id]} -->|"{_escaped(label)}"| {names.get(edge.target, "out")}'


def _escaped(text: str) -> str:
    return "".join(ESCAPED.get(character, character) for character in text)
