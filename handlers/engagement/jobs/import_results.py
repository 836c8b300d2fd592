"""What an import job found, piece by piece, and the sums over them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from handlers.engagement.jobs.chunks import Piece

FAILURES_SHOWN = 100  # Pinpoint lists the first 100
LONGEST_FAILURE = 500

Result = dict[str, Any]


def new_result() -> Result:
    """A chunk's empty result. JSON, because it travels in the cursor and rests in the registry."""
    return {"Good": 0, "Bad": 0, "OptedOut": 0, "Channels": {}, "Pieces": []}


def open_piece(result: Result) -> None:
    """Begins the next piece of the chunk."""
    result["Pieces"].append({"Lines": 0, "Fault": None, "Failures": []})


def add_failure(result: Result, line: int, what: str) -> None:
    """Counts a bad row of the piece in progress; the first ones are kept word by word."""
    result["Bad"] += 1
    if sum(len(piece["Failures"]) for piece in result["Pieces"]) < FAILURES_SHOWN:
        result["Pieces"][-1]["Failures"].append([line, what[:LONGEST_FAILURE]])


def add_good(result: Result, channels: Counter[str], count: int, opted_out: int = 0) -> None:
    """Counts rows that went in; `channels`: endpoints by channel type; `opted_out`: those of the rows that opt an endpoint out."""
    result["Good"] += count
    result["OptedOut"] = result.get("OptedOut", 0) + opted_out
    for channel, number in channels.items():
        result["Channels"][channel] = result["Channels"].get(channel, 0) + number


class Totals(NamedTuple):
    """The sums over an import job's chunks."""

    good: int
    bad: int
    channels: dict[str, int]
    completed_pieces: int
    failed_pieces: int
    failures: list[str]
    faults: int
    opted_out: int

    @property
    def counted(self) -> dict[str, int]:
        """What a job's answer says of its rows. OptedOutEndpoints is not Pinpoint's, and there only where it is not 0."""
        opted_out = {"OptedOutEndpoints": self.opted_out} if self.opted_out else {}
        return {"TotalProcessed": self.good + self.bad, **opted_out}


def total(chunks: Sequence[dict[str, Any]]) -> Totals:
    """Sums the chunks of a job. A chunk without a result was lost.

    A piece counts its lines from its own first one; the pieces of a file before it say which line of the file that is.
    """
    lines_before: dict[str, int | None] = {}
    channels: Counter[str] = Counter()
    faults: dict[str, None] = {}
    failures: list[str] = []
    good = bad = failed_pieces = opted_out = 0
    for chunk in chunks:
        pieces = [Piece(*piece) for piece in chunk["Pieces"]]
        result = chunk.get("Result")
        lost = result is None
        if result is None:
            reason = chunk.get("Lost", "its step did not finish")
            progress = chunk.get("Progress") or {"Piece": 0, "Place": None, "Result": new_result()}
            result = progress["Result"]
            line = (progress["Place"] or (0, 0))[1]
            for at, piece in enumerate(pieces[progress["Piece"] :]):
                begins = line if at == 0 and line else piece.line
                where = f" from line {begins} on" if begins else ""
                faults[f"{piece.key}: a part of the file{where} was not imported ({reason})"] = None
        good, bad = good + result["Good"], bad + result["Bad"]
        opted_out += result.get("OptedOut", 0)
        channels.update(result["Channels"])
        faulty = False
        for at, piece in enumerate(result["Pieces"]):
            key, start = pieces[at].key, pieces[at].start
            before = 0 if pieces[at].line else lines_before.setdefault(key, 0)
            if piece["Fault"]:
                faults[f"{key}: {piece['Fault']}"] = None
                faulty = True
            for line, what in sorted(piece["Failures"]):
                failures.append(
                    f"{key} line {before + line}: {what}"
                    if before is not None
                    else f"{key} line {line} after byte {start}: {what}"
                )
            lines_before[key] = None if before is None else before + piece["Lines"]
        if lost:
            lines_before |= dict.fromkeys((piece.key for piece in pieces), None)
        failed_pieces += faulty or lost
    return Totals(
        good=good,
        bad=bad,
        channels=dict(channels),
        completed_pieces=len(chunks) - failed_pieces,
        failed_pieces=failed_pieces,
        failures=[*faults, *failures][:FAILURES_SHOWN],
        faults=len(faults),
        opted_out=opted_out,
    )
