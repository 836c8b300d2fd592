"""The report as one HTML page: each part a chart, where there is something to draw, and the table with the same figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jinja2

from commands.journeys.drawing import OUT
from commands.journeys.figures import COUNTED
from commands.report import charts
from commands.report.gathering import DAILY, Journey, Report
from commands.report.limits import SOURCE, standings
from commands.report.template import PAGE

MOST_BARS = 10
MOST_WAYS = 20
END_LETTERS = (charts.LETTERS - len(" to ")) // 2
"""Of either end of a way in its bar's label: Pinpoint's ids of activities have as many."""
MOST_ROWS = 200
"""Of a table: the page stays small, however many runs or campaigns there are. `campaign results --csv` has all."""
FUNNEL = {"Audience": "Targeted", "Sent": "Sent", "Delivered": "Delivered", "Opened": "Opened", "Clicked": "Clicked"}
FALLEN = {
    "Pending": "Not tried yet",
    "LeftOut": "Left out",
    "Failed": "Failed",
    "OptedOut": "Opted out",
    "Complained": "Complained",
}
OVERVIEW = {
    **{name: name for name in ("State", "When")},
    **FUNNEL,
    **{name: FALLEN[name] for name in ("LeftOut", "Failed", "OptedOut")},
    "DeliveryRate": "Delivery rate",
    "OpenRate": "Open rate",
    "ClickRate": "Click rate",
}
RATES = {"DeliveryRate": "Delivery rate", "OpenRate": "Open rate", "ClickRate": "Click rate"}
DAYS = dict(
    zip(DAILY, ("Sent", "Delivered", "Hard bounces", "Soft bounces", "Failed texts", "Complaints"), strict=True)
)
NOTES = (
    "Targeted: endpoints that were considered, opted-out and inactive ones not among them. Sent: handed over to the channel.",
    "Delivered and what follows are counted from the events of the messages, for 90 days, where events.translation is on; otherwise they are 0. Opened and clicked are of emails, each once.",
    "Opted out: who clicked on an unsubscribe link, and who answered a text by STOP where self-managed opt-outs are on.",
    "A day is that on which the messages were sent, in UTC. The figures are those of `engagement campaign results`.",
)


class Percent(float):
    """A fraction that is shown in percent."""


@dataclass(frozen=True)
class Part:
    """A section.

    Attributes:
        caption: Of the table. legend: of the chart.
        svg: The chart, which charts.py has written as XML: the page takes it as it is.
        alternative: What the chart says, in words.
        nothing: What is said where there are no rows.
    """

    name: str
    title: str
    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Any]]
    text: str = ""
    svg: str = ""
    legend: str = ""
    alternative: str = ""
    nothing: str = ""

    @property
    def numeric(self) -> set[int]:
        """The columns of figures, which stand to the right."""
        columns = enumerate(zip(*self.rows, strict=True))
        return {at for at, cells in columns if all(cell is None or isinstance(cell, int | float) for cell in cells)}


def page(report: Report, made_at: str) -> str:
    """The HTML. made_at: when the figures were read."""
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters["figure"] = figure
    figures = report.figures
    return (
        environment.from_string(PAGE)
        .render(
            title=report.title,
            about={**report.about, "Read": made_at},
            sentence=(
                f"{figures['Audience']:,} targeted, {figures['Sent']:,} sent, {figures['Delivered']:,} delivered; "
                f"{figures['Failed']:,} failed, {figures['LeftOut']:,} left out, {figures['OptedOut']:,} opted out."
            ),
            parts=list(_parts(report)),
            notes=NOTES,
        )
        .strip()
    )


def figure(value: Any) -> str:
    """A cell as people read it."""
    if value is None:
        return "-"
    if isinstance(value, Percent):
        return f"{value:.2%}"
    if isinstance(value, float):
        whole, _, cents = f"{value:,.6f}".partition(".")
        return f"{whole}.{cents.rstrip('0'):0<2}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _parts(report: Report) -> list[Part]:
    figures = report.figures
    parts = [_funnel(figures), _fallen(figures), _over_time(report.days), _limits(report.email)]
    parts += [_reasons(figures["Reasons"]), _left_out(figures["WhoWasLeftOut"]), _channels(figures)]
    if len(figures.get("Treatments", ())) > 1:
        parts.append(_listed("treatments", "Treatments", figures["Treatments"], "Treatment"))
    if report.campaigns:
        named = [
            {**each, "Name": each["Name"] or each["Id"], "When": _minute(each["When"])} for each in report.campaigns
        ]
        parts.append(_listed("campaigns", "Campaigns", named, "Name"))
    elif figures.get("Runs"):
        parts.append(
            _listed("runs", "Runs", [{**run, "When": _minute(run["Start"])} for run in figures["Runs"]], "Run")
        )
    if report.journeys:
        parts.append(_journeys(report.journeys))
        parts += [_journey(at, each) for at, each in enumerate(report.journeys) if each.nodes]
    return [*parts, _segments(report.segments)]


def _funnel(figures: Mapping[str, Any]) -> Part:
    steps = [(label, figures[name]) for name, label in FUNNEL.items()]
    whole = figures["Audience"]
    return Part(
        "funnel",
        "From targeted to clicked",
        "How many came how far",
        ("Step", "Count", "Of those targeted"),
        [(label, count, _share(count, whole)) for label, count in steps],
        **_bars("funnel", steps),
    )


def _fallen(figures: Mapping[str, Any]) -> Part:
    steps = [(label, figures[name]) for name, label in FALLEN.items()]
    rates = [(label, _percent(figures[name])) for name, label in RATES.items()]
    spent = [
        ("Spent on texts, US dollars", figures["SmsSpendDollars"]),
        ("Spent on emails by SES's list price, US dollars", figures["EmailSpendDollars"]),
    ]
    rows: list[tuple[str, Any]] = [*steps, *rates, *spent]
    if "UniqueDeliveries" in figures:
        rows.append(("People who got at least one", figures["UniqueDeliveries"]))
    return Part(
        "fallen",
        "Who fell out, and rates",
        "Who fell out, rates and cost",
        ("What", "Figure"),
        rows,
        **_bars("fallen", steps),
    )


def _over_time(days: Sequence[Mapping[str, Any]]) -> Part:
    undelivered = [day["HardBounces"] + day["SoftBounces"] + day["FailedTexts"] for day in days]
    sent = [day["Sent"] for day in days]
    names = [day["Day"] for day in days]
    svg, alternative = "", ""
    if any(sent):
        svg = charts.columns("days", names, {"Sent": sent, "Bounced or failed": undelivered})
        most = max(range(len(days)), key=sent.__getitem__)
        alternative = (
            f"Messages by day from {names[0]} to {names[-1]}: most were sent on {names[most]}, {sent[most]:,}; "
            f"{sum(undelivered):,} bounced or failed in all. The table below has each day."
        )
    return Part(
        "over-time",
        "Sends and bounces over time",
        "Messages by the day on which they were sent (UTC)",
        ("Day", *DAYS.values()),
        [(day["Day"], *(day[name] for name in DAYS)) for day in days],
        svg=svg,
        legend="Sent, and of those bounced or failed, by day",
        alternative=alternative,
        nothing="Nothing was counted on any day.",
    )


def _limits(email: Mapping[str, int]) -> Part:
    found = standings(email)
    of_limit = [
        (each.limit.name, round(100 * each.rate / each.limit.rates.paused, 1))
        for each in found
        if each.rate is not None
    ]
    drawn = _bars("limits", of_limit, "{:,.1f} %".format) if of_limit else {}
    opted_out, delivered = email.get("Unsubscribed", 0), email.get("Delivered", 0)
    rows: list[tuple[Any, ...]] = [
        (
            each.limit.name,
            each.number,
            _percent(each.rate),
            Percent(each.limit.rates.recommended),
            Percent(each.limit.rates.paused),
            each.verdict,
        )
        for each in found
    ]
    rows.append(
        (
            "Opt-outs (of those delivered)",
            opted_out,
            _share(opted_out, delivered),
            None,
            None,
            "SES has no limit on these",
        )
    )
    return Part(
        "limits",
        "Bounces, complaints and opt-outs against SES's limits",
        "Rates of emails sent",
        ("Rate", "Count", "Here", "SES recommends less than", "SES may pause sending above", "Verdict"),
        rows,
        text=f"SES judges the whole account, over all that it sends; this is the part of it that is told here. Source of the limits: {SOURCE}.",
        legend="Each rate in percent of the limit at which SES may pause sending",
        **drawn,
    )


def _reasons(reasons: Sequence[Mapping[str, Any]]) -> Part:
    rows = [(each["Reason"], each["Channel"], each["Count"]) for each in reasons]
    most = sorted(((f"{each[0]} ({each[1]})", each[2]) for each in rows), key=lambda each: -each[1])
    return Part(
        "reasons",
        "Why messages failed",
        "Reasons, by channel",
        ("Reason", "Channel", "Count"),
        rows,
        nothing="No message is known to have failed.",
        **_bars("reasons", most[:MOST_BARS]),
    )


def _left_out(reasons: Sequence[Mapping[str, Any]]) -> Part:
    rows = [(each["Reason"], each["Count"]) for each in reasons]
    return Part(
        "left-out",
        "Who was left out, and why",
        "Reasons why endpoints got no message",
        ("Reason", "Count"),
        rows,
        nothing="Nobody was left out.",
        **_bars("left-out", sorted(rows, key=lambda each: -each[1])[:MOST_BARS]),
    )


def _channels(figures: Mapping[str, Any]) -> Part:
    names = ("Sent", "Delivered", "Failed", "Parts")
    return Part(
        "channels",
        "Channels",
        "What SES and End User Messaging told",
        ("Channel", *names),
        [(each["Channel"], *(each.get(name) for name in names)) for each in figures["Channels"]],
        nothing="Nothing was told of any message yet.",
    )


def _journeys(journeys: Sequence[Journey]) -> Part:
    return Part(
        "journeys",
        "Journeys",
        "Journeys and how many are in them",
        ("Journey", "State", "Changed", *COUNTED),
        [
            (
                _name(each),
                each.head["State"],
                _minute(each.head["LastModified"]),
                *(each.head[name] for name in COUNTED),
            )
            for each in journeys[:MOST_ROWS]
        ],
        text="Over all their time: who is counted in a journey is not counted by the day. `engagement journey show ID` has each.",
    )


def _journey(at: int, journey: Journey) -> Part:
    """One journey's activities: what became of participants at each, and how many went which way."""
    rows, ways = [], []
    for node in journey.nodes:
        counted = ", ".join(f"{name} {number:,}" for name, number in sorted(node.counts.items())) or "-"
        for edge in node.edges:
            rows.append((node.id, node.title, counted, edge.label or "-", edge.target or OUT, edge.count))
            ends = (charts.short(end, END_LETTERS) for end in (node.id, edge.target or OUT))
            ways.append((" to ".join(ends), edge.count))
    return Part(
        f"journey-{at}",
        f"Journey {_name(journey)}",
        "Activities, and how many went which way",
        ("Activity", "What it is", "What became of them", "Way", "Leads to", "Participants"),
        rows,
        legend="Participants on each way, from the start on",
        **_bars(f"journey-{at}", ways[:MOST_WAYS]),
    )


def _name(journey: Journey) -> str:
    return journey.head["Name"] or journey.head["Id"]


def _segments(segments: Sequence[Mapping[str, Any]]) -> Part:
    sized = sorted(
        ((each["Name"] or each["Id"], each["Size"]) for each in segments if each["Size"]), key=lambda each: -each[1]
    )
    return Part(
        "segments",
        "Segments",
        "Segments that were written to, and their sizes",
        ("Segment", "Id", "Type", "Endpoints"),
        [(each["Name"] or each["Id"], each["Id"], each["Type"], each["Size"]) for each in segments[:MOST_ROWS]],
        text="The size of a segment is known where it was imported; of others only a run finds out.",
        nothing="No segment was written to.",
        **_bars("segments", sized[:MOST_BARS]),
    )


def _listed(name: str, title: str, rows: Sequence[Mapping[str, Any]], first: str) -> Part:
    known = {key: label for key, label in OVERVIEW.items() if key in rows[0]}
    shown = rows[:MOST_ROWS]
    more = (
        f" The first {len(shown):,} of {len(rows):,}; `engagement campaign` has the others with --csv."
        if len(rows) > len(shown)
        else ""
    )
    return Part(
        name,
        title,
        f"{title} and what they came to.{more}",
        (first, *known.values()),
        [(row[first], *(_percent(row[key]) if key in RATES else row[key] for key in known)) for row in shown],
    )


def _bars(name: str, rows: Sequence[tuple[str, float]], shown: Any = "{:,}".format) -> dict[str, Any]:
    """A chart and its words; nothing where every bar would be empty."""
    if not any(value for _, value in rows):
        return {}
    words = "; ".join(f"{label}: {shown(value)}" for label, value in rows)
    return {"svg": charts.bars(f"chart-{name}", rows, shown), "alternative": f"Bar chart. {words}."}


def _minute(moment: str) -> str:
    """A time of the API (ISO 8601, or IMMEDIATE) to the minute."""
    return moment[:16].replace("T", " ") if moment[:1].isdigit() else moment


def _percent(rate: float | None) -> Percent | None:
    return None if rate is None else Percent(rate)


def _share(part: int, whole: int) -> Percent | None:
    return Percent(part / whole) if whole else None
