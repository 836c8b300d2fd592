"""Where the renderer intends to differ from handlebars.js, and why. A test holds the renderer to exactly these."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """written: an example. theirs, ours: what comes of it. reason: why that is better for messages."""

    written: str
    theirs: str
    ours: str
    reason: str


DIFFERENCES: dict[str, Difference] = {
    "outer scopes": Difference(
        "{{#each Attributes.Cars}}{{User.UserId}}{{/each}}",
        "nothing: a name is looked up in the innermost scope alone",
        "the user's id: a name without a value there is looked up in the scopes around it",
        "Handlebars.java does so, whose helpers Pinpoint has; `this.x` and `./x` look in their scope alone",
    ),
    "objects": Difference(
        "{{User}}, {{this}}",
        "`[object Object]`",
        "an error: an object does not print",
        "nobody wants to mail either that or all that is known of a person",
    ),
    "empty sections": Difference(
        '{{#City}}in {{this}}{{/City}} with "" or 0',
        "prints the block",
        "prints the `{{else}}` part",
        "Handlebars.java does so; a text that is empty is a text that is missing",
    ),
    "fifteen rounds": Difference(
        "{{#each list}} of 16 entries",
        "16 rounds",
        "15 rounds; `@last` is true in the fifteenth",
        "Pinpoint's limit",
    ),
    "first of a text": Difference(
        "{{User.UserId.[0]}}",
        "the first letter",
        "the text",
        "attributes are lists, defaults and other values are not; templates write `.[0]` for all of them",
    ),
    "numbers": Difference(
        "{{Metrics.Big}} with twenty digits",
        "`12345678901234567000`",
        "`12345678901234567890`",
        "ids must not change",
    ),
    "indices": Difference(
        "{{Attributes.Cars.0}}",
        "an error: needed is `.[0]`",
        "the first entry",
        "Handlebars.java takes both",
    ),
    "closing brace": Difference(
        '{"id": {{Id}}}',
        "an error",
        "the value and a brace",
        "raw push messages are JSON",
    ),
    "raw blocks": Difference(
        "{{{{raw}}}} {{x}} {{{{/raw}}}}",
        "nothing, without a helper of that name",
        "refused; `\\{{x}}` prints braces",
        "there is no helper that a raw block could call",
    ),
    "sums": Difference(
        "{{@index}}{{@index}}, where values are not escaped",
        "the sum of the two numbers",
        "one number after the other",
        "it is what is written",
    ),
    "partials of a partial": Difference(
        "{{../name}} in an inline partial; inline partials within {{#> p}} where p is one itself",
        "nothing; an error",
        "the scope around the call; they are defined for p",
        "Handlebars.java does so",
    ),
    "unknown names": Difference(
        "{{nope x=1}}, {{@nope}}",
        "nothing",
        "refused when the template is created",
        "there is no such helper, and none can be added",
    ),
}
