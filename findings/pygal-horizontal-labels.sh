#!/usr/bin/env bash
# pygal 3.1.3, HorizontalBar.
# One would guess: the labels that `x_labels` sets are switched off by `show_x_labels=False`, or, if the option is about
# the axis as it is drawn, both names turn with the chart.
# Seen: they turn half. `x_labels` are drawn upright, beside the bars; `show_x_labels=False` takes the values off the
# horizontal axis and leaves them; `show_y_labels=False` takes the `x_labels` away and leaves the values. In a chart that
# is not horizontal each option is about the labels of its own name.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/v"
"$folder/v/bin/pip" install --quiet pygal==3.1.3
"$folder/v/bin/python" - > "$folder/seen" <<'PYTHON'
import re

import pygal


def texts(kind, **options):
    chart = getattr(pygal, kind)(js=(), show_legend=False, **options)
    chart.x_labels = ["Sent"]
    chart.add("", [40])
    found = re.findall(r"<text[^>]*>([^<]+)</text>", chart.render(is_unicode=True))
    return f"named {'Sent' in found}, values {any(re.fullmatch('[0-9]+', text) for text in found)}"


for kind in ("Bar", "HorizontalBar"):
    for option in ("show_x_labels", "show_y_labels"):
        print(kind, f"{option}=False:", texts(kind, **{option: False}))
PYTHON
cat "$folder/seen"
diff "$folder/seen" - <<'SEEN'
Bar show_x_labels=False: named False, values True
Bar show_y_labels=False: named True, values False
HorizontalBar show_x_labels=False: named True, values False
HorizontalBar show_y_labels=False: named False, values True
SEEN
