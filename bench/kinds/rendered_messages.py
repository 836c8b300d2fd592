"""Message templates: one email and one text rendered for each person, warm, beside handlebars.js on the same people.

handlebars.js is measured where tools/node_modules has it (`make .venv/.node`); it renders them in one process likewise,
after as many that are not counted.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from bench.kind import Kind, Work

TEXT = (
    "Hi {{User.UserAttributes.FirstName.[0]}}, your order {{Id}} ships to {{Location.City}}. "
    "{{#if Attributes.Plan}}Thanks for being {{Attributes.Plan}}!{{else}}Upgrade today.{{/if}} {{Metrics.Points}} points."
)
HTML = """<html><body><h1>Dear {{User.UserAttributes.FirstName.[0]}} {{User.UserAttributes.LastName.[0]}}</h1>
{{#if Attributes.Plan}}
<p>You have the {{Attributes.Plan}} plan in {{Location.City}}, {{Location.Country}}.</p>
{{else}}
<p>No plan yet, {{User.UserId}}.</p>
{{/if}}
<ul>
{{#each Attributes.Cars}}
<li>{{@index}}: {{this}}</li>
{{else}}
<li>none</li>
{{/each}}
</ul>
<a href="https://example.com/?u={{Id}}">{{Address}}</a>{{#with Location}} {{City}}{{/with}}</body></html>
"""
MODULES = Path(__file__).parents[2] / "tools" / "node_modules"
SCRIPT = """
const [modules] = process.argv.slice(1);
const Handlebars = require(modules + "/handlebars");
const { templates, people } = JSON.parse(require("fs").readFileSync(0, "utf8"));
const compiled = templates.map((template) => Handlebars.compile(template, { noEscape: true }));
const all = () => people.flatMap((person) => compiled.map((template) => template(person)));
all();
const start = process.hrtime.bigint();
const rendered = all();
const seconds = Number(process.hrtime.bigint() - start) / 1e9;
console.log(JSON.stringify({ seconds, rendered, version: Handlebars.VERSION }));
"""


def prepare(items: int) -> Work:
    from handlers.shared.templates.renderer import render

    people = [_person(number) for number in range(-(-items // 2))]
    rendered: list[str] = []

    def run() -> None:
        rendered.clear()
        for person in people:
            rendered.append(render(TEXT, person))
            rendered.append(render(HTML, person))

    def check() -> None:
        if len(rendered) != 2 * len(people) or "Upgrade today. 0 points." not in rendered[0]:
            raise AssertionError("the messages are not what the templates say")

    def beside() -> dict[str, Any] | None:
        node = shutil.which("node")
        if node is None or not (MODULES / "handlebars").is_dir():
            return None
        done = subprocess.run(
            [node, "-e", SCRIPT, str(MODULES)],
            input=json.dumps({"templates": [TEXT, HTML], "people": people}),
            capture_output=True,
            text=True,
            check=True,
        )
        answer = json.loads(done.stdout)
        if answer["rendered"] != rendered:
            raise AssertionError("handlebars.js renders the messages otherwise")
        return {"title": f"handlebars.js {answer['version']}, the same messages", "seconds": answer["seconds"]}

    run()  # nothing is cold when it is measured
    return Work(environment={}, answers={}, run=run, check=check, floor={}, beside=beside)


def _person(number: int) -> dict[str, Any]:
    return {
        "Id": f"e{number}",
        "Address": f"+1425555{number:04}",
        "Attributes": {"Plan": ["gold"] if number % 2 else [], "Cars": ["red", "blue", "green"][: number % 4]},
        "Metrics": {"Points": number * 1.5},
        "Location": {"City": "Los Angeles", "Country": "US"},
        "User": {"UserId": f"u{number}", "UserAttributes": {"FirstName": [f"N{number}"], "LastName": ["Doe"]}},
    }


KIND = Kind(
    name="rendered-messages",
    title="messages rendered",
    items=10_000,
    handler="handlers.shared.templates.renderer",
    prepare=prepare,
)
