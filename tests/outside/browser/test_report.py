"""The report in a real browser, wide, narrow and with a million recipients. Left out where Chromium is not installed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path

import pytest

from commands.report.gathering import of_all, of_campaign, today
from commands.report.page import page
from tests.commands.test_report import MADE_AT, MEGABYTE, Told

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
NEEDED = "there is no Chromium (Debian: apt-get install chromium)"
SECONDS = 2.0
LOOK = """<script>
addEventListener("load", () => {
const charts = [...document.querySelectorAll(".chart svg")].map(svg => svg.getBoundingClientRect());
const letters = [...document.querySelectorAll(".chart svg text")].filter(text => text.textContent).map(text => {
  const size = parseFloat(getComputedStyle(text).fontSize), svg = text.ownerSVGElement;
  return size * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
});
const outside = [...document.querySelectorAll(".chart svg")].flatMap(svg => {
  const frame = svg.getBoundingClientRect();
  return [...svg.querySelectorAll("text")].filter(text => {
    const box = text.getBoundingClientRect();
    return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1);
  }).map(text => text.textContent);
});
parent.document.body.append(Object.assign(parent.document.createElement("pre"), {id: "seen", textContent: JSON.stringify({
  wide: document.documentElement.scrollWidth, window: document.documentElement.clientWidth,
  charts: charts.map(chart => [chart.left, chart.right, chart.height]), smallest: Math.min(...letters), outside,
  fetched: performance.getEntriesByType("resource").map(entry => entry.name),
  seconds: performance.now() / 1000, scrolled: [...document.querySelectorAll(".table")].filter(t => t.tabIndex !== 0).length,
})}));
});
</script>"""

pytestmark = pytest.mark.skipif(not CHROMIUM, reason=NEEDED)


def seen(folder: Path, html: str, width: int) -> dict:
    """What the browser makes of a page in a window of a width, in CSS pixels: a frame, since Chromium's own has 500 at least."""
    inside = escape(html.replace("</body>", f"{LOOK}</body>"))
    file = folder / "page.html"
    frame = f'<iframe style="border: 0; width: {width}px; height: 900px" srcdoc="{inside}"></iframe>'
    file.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{frame}</body>", encoding="utf-8")
    command = [
        *(
            CHROMIUM,
            "--headless",
            "--hide-scrollbars",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={folder / 'profile'}",
        ),
        *("--window-size=1400,1000", "--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom", file.as_uri()),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    return json.loads(unescape(found[1]))


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("people", [0, 1, 5_000, 1_000_000])
def test_the_report_fits_its_window_with_letters_that_can_be_read(tmp_path, people, width):
    name = "A name of the longest that there may be, " * 3 + "x" * 60
    told = Told(people, runs=40 if people > 5_000 else 1, name=name)
    fits(seen(tmp_path, html := page(of_campaign(told, "c"), MADE_AT), width), html, width)


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("people", [0, 1, 1_000_000])
def test_journeys_fit_the_window_too(tmp_path, people, width):
    told = Told(people, name="A name of the longest that there may be, " * 3 + "x" * 60, journeys=25)
    html = page(of_all(told, today()), MADE_AT)
    found = seen(tmp_path, html, width)
    fits(found, html, width)
    assert found["seconds"] < SECONDS
    assert len(html.encode()) < MEGABYTE


def fits(found: dict, html: str, width: int) -> None:
    """Nothing is cut off, too small, or fetched."""
    assert found["window"] == width
    assert found["wide"] <= width, "the page itself scrolls sideways"
    assert len(found["charts"]) == html.count("<svg") > 0
    assert all(left >= 0 and right <= found["window"] and high > 40 for left, right, high in found["charts"])
    assert found["outside"] == []
    assert found["smallest"] >= 10
    assert found["fetched"] == []
    assert found["scrolled"] == 0


def test_the_report_of_a_million_recipients_opens_in_two_seconds(tmp_path):
    html = page(of_campaign(Told(1_000_000, runs=2_160), "c"), MADE_AT)
    assert seen(tmp_path, html, 1280)["seconds"] < SECONDS


def test_a_page_that_is_too_wide_or_fetches_something_is_seen(tmp_path):
    bad = '<div style="width: 9000px">x</div><img src="http://nowhere.invalid/bad.png"></body>'
    found = seen(tmp_path, page(of_campaign(Told(1), "c"), MADE_AT).replace("</body>", bad), 360)
    assert found["wide"] > found["window"]
    assert [name for name in found["fetched"] if name.endswith("bad.png")]
