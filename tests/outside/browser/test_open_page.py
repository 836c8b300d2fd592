"""The page of `sandbox open` in a real browser, wide and narrow, with a mail that wants out. Left out where Chromium is not installed."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape, unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sandbox.page import runs
from sandbox.page.mails import seen
from sandbox.page.page import html
from sandbox.page.stacks import Part, Stack
from tests.outside.browser.test_report import CHROMIUM, NEEDED
from tests.sandbox.test_open_page import AT, content, mail, text

LOOK = """<script>
addEventListener("load", () => setTimeout(() => {
const frames = [...document.querySelectorAll("iframe")];
parent.document.body.append(Object.assign(parent.document.createElement("pre"), {id: "seen", textContent: JSON.stringify({
  wide: document.documentElement.scrollWidth, window: document.documentElement.clientWidth,
  frames: frames.map(frame => { const box = frame.getBoundingClientRect(); return [box.left, box.right, box.height]; }),
  title: document.title + parent.document.title,
  smallest: Math.min(...[...document.querySelectorAll("p, td, div, summary, li")].map(e => parseFloat(getComputedStyle(e).fontSize))),
  reached: frames.map(frame => { try { return frame.contentDocument.body.textContent; } catch (error) { return "closed"; } }),
})}));
}, 300));
</script>"""
ELSEWHERE = "nowhere.invalid"
HOSTILE = """<script>top.document.title = "out"; document.title = "ran"</script><img src="http://nowhere.invalid/pixel.png">
<meta http-equiv="refresh" content="0;url=http://nowhere.invalid/gone"><form action="http://nowhere.invalid/f"><input name=a></form>
<table width="1400"><tr><td>a newsletter as wide as a screen</td></tr></table>"""

pytestmark = pytest.mark.skipif(not CHROMIUM, reason=NEEDED)


def page() -> str:
    """A page with something of everything."""
    long = "AVeryLongNameWithoutAnySpaceInIt" * 4
    part = Part(long, "a", "", {long: 3, "Queue": 12}, [("Other", "b")])
    states = [runs.State(f"{long}{at}", 3, 3) for at in range(6)]
    execution = runs.Execution(long, long, "FAILED", "2026-11-29 12:00:00", 3.5, states, "E: " + long * 9)
    place: dict[str, Any] = {
        "name": long, "stack": "everything", "what": "w", "count": 3, "oldest": "2026-11-29", "reasons": {long: 3}, "sources": [long], "problem": "",
    }  # fmt: skip
    messages = [seen(mail(HOSTILE)), seen(mail("y" * 1_000_000)), seen(text("Hello " * 60)), seen(text("z" * 900))]
    stacks = [Stack("everything", [part, Part("Other", "b", "", {"Topic": 1})], {"site": "http://127.0.0.1:1/"})]
    return html(content(stacks=stacks, runs=[execution], messages=messages, places=[place]))


@contextmanager
def elsewhere() -> Iterator[tuple[int, list[str]]]:
    """A server for all names. Yields its port and what is asked of ELSEWHERE, which grows: Chromium asks others on its own."""
    asked: list[str] = []

    class Everything(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers["Host"] == ELSEWHERE:
                asked.append(self.path)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Everything)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        server.server_close()


def looked_at(folder: Path, written: str, width: int) -> dict[str, Any]:
    """What the browser makes of a page. The page's own policy lets no script run: the looking one stands in front of it.

    All of it is loaded, also what is below the window. `asked`: the paths that it, or a mail in it, fetched or went to.
    """
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', written)
    assert policy
    opened = written.replace(
        policy[0], policy[0].replace("default-src 'none'", "default-src 'none'; script-src 'unsafe-inline'")
    )
    inside = escape(opened.replace("</head>", f"{LOOK}</head>").replace(' loading="lazy"', ""))
    file = folder / "page.html"
    frame = f'<iframe style="border: 0; width: {width}px; height: 900px" srcdoc="{inside}"></iframe>'
    file.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{frame}</body>", encoding="utf-8")
    with elsewhere() as (port, asked):
        options = [
            "--headless",
            "--hide-scrollbars",
            "--no-sandbox",
            "--disable-gpu",
            "--no-proxy-server",
            f"--user-data-dir={folder / 'profile'}",
            "--window-size=1400,1000",
            f"--host-resolver-rules=MAP * 127.0.0.1:{port}",
            "--virtual-time-budget=5000",
        ]
        done = subprocess.run(
            [CHROMIUM, *options, "--dump-dom", file.as_uri()], capture_output=True, text=True, timeout=180, check=True
        )
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return {**json.loads(unescape(found[1])), "asked": asked}


@pytest.mark.parametrize("width", [1280, 360])
def test_the_page_fits_its_window_and_no_mail_in_it_runs_leaves_or_fetches(tmp_path, width):
    found = looked_at(tmp_path, page(), width)
    assert found["window"] == width
    assert found["wide"] <= width, "the page itself scrolls sideways"
    assert len(found["frames"]) == 2
    assert all(left >= 0 and right <= width and high > 100 for left, right, high in found["frames"])
    assert found["smallest"] >= 12
    assert found["title"] == f"The sandbox at {AT}"
    assert found["asked"] == []
    assert found["reached"] == ["closed", "closed"], "a mail's frame is of another origin"


LEAVES = '<meta http-equiv="refresh" content="0;url=http://nowhere.invalid/left">'
UNHELD = {"default-src 'none'": "default-src 'none'; frame-src *", '<iframe sandbox=""': "<iframe"}


@pytest.mark.parametrize(
    ("instead", "asked"),
    [({"img-src data:": "img-src *"}, "/pixel.png"), ({"<main>": f"<main>{LEAVES}"}, "/left"), (UNHELD, "/gone")],
    ids=["fetches", "leaves", "lets a mail leave"],
)
def test_a_page_that_fetches_or_leaves_is_seen(tmp_path, instead, asked):
    written = page()
    for ours, weaker in instead.items():
        assert ours in written
        written = written.replace(ours, weaker)
    assert asked in looked_at(tmp_path, written, 1280)["asked"]
