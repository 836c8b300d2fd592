"""Templates that are rendered here and by handlebars.js: (template, key of the intended difference or empty)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

VARIABLES = {
    "Id": "ada", "empty": "", "zero": 0, "half": 0.5, "minus": -3, "yes": True, "no": False, "nothing": None, "object": {}, "none": [],
    "list": ["a", "b", "c"], "one": ["only"], "lists": [["x", "y"], ["z"]], "map": {"k1": "v1", "k2": "v2"}, "name": "outer",
    "deep": {"er": {"est": "bottom"}}, "html": "<b a='1'>&`=\"</b>", "emoji": "🎉é", "text": "some text", "key": "k1",
    "people": [{"name": "Ada", "tags": ["x"]}, {"name": "Bob", "tags": []}], "big": 12345678901234567890,
    "many": [str(n) for n in range(16)], "holes": ["a", None, "b"], "with space": "spaced", "User": {
        "UserId": "u-1", "UserAttributes": {"First": ["Ada"], "Last Name": ["Lovelace"], "Empty": []}},
    "if": "named if", "a-b": "dashed", "a:b": "colon", "length": 7, "ünï": "umlaut", "true": "key true", "12": "key 12",
}  # fmt: skip

PLAIN = r"""
Hello {{Id}}!
{{ Id }}{{  Id}}
{{Id}}{{Id}}
{{nope}}
{{nope.deeper}}
{{empty}}|{{zero}}|{{half}}|{{minus}}|{{yes}}|{{no}}|{{nothing}}
{{list}} {{one}} {{lists}} {{none}}
{{deep.er.est}} {{deep/er/est}} {{this.deep.er.est}} {{./deep.er.est}} {{this/deep/er/est}}{{! }}
{{User.UserAttributes.First}} {{User.UserAttributes.First.[0]}} {{User.UserAttributes.First.[1]}}
{{User.UserAttributes.[Last Name]}} {{User.UserAttributes.[Last Name].[0]}}
{{[with space]}} {{["Id"]}} {{this.[with space]}}
{{a-b}} {{a:b}} {{ünï}}
{{"Id"}} {{'Id'}} {{"with space"}}
{{true}} {{12}} {{"12"}}
{{list.length}} {{none.length}} {{text.length}} {{emoji.length}} {{map.length}} {{length}}
{{list.[1]}} {{list.[9]}} {{list.[01]}} {{list.[-1]}} {{lists.[0].[1]}} {{list.[x]}}
{{html}}
{{{html}}}
{{&html}}
{{& html}} {{{ html }}}
{{~{html}~}}
{{emoji}}
{{@root.Id}} {{@root.deep.er.est}}
{{@index}}{{@key}}
{{../Id}}
{{map.constructor}} {{map.__proto__}} {{Id.constructor}} {{list.push}} {{map.toString}}
text without tags
{ {Id} } {Id} }} }
{{Id}} }}
$ {{Id}} \ {{Id}}
\{{Id}}
\{{Id}} {{Id}} \{{Id}}
\{{Id}}\{{Id}}
\\{{Id}}
\\\{{Id}}
\\{{Id}} \{{Id}} {{Id}}
a \{{#if x}} b {{Id}}
\{{{html}}} {{Id}}
{{! comment }}x
{{!-- comment {{Id}} }} --}}x
{{!}}x
{{!----}}x
{{!-- a -- b --}}x
{{! a }} }}
a {{~! c ~}} b
a {{~!-- c --~}} b
{{#if yes}}t{{/if}}
{{#if no}}t{{/if}}
{{#if no}}t{{else}}f{{/if}}
{{#if yes}}t{{^}}f{{/if}}
{{#if nope}}a{{else if Id}}b{{else}}c{{/if}}
{{#if nope}}a{{else if no}}b{{else if empty}}c{{else}}d{{/if}}
{{#if nope}}a{{else if no}}b{{/if}}
{{#if nope}}a{{else unless no}}b{{/if}}
{{#if nope}}a{{else with map}}{{k1}}{{/if}}
{{#if nope}}a{{else each list}}{{this}}{{else}}z{{/if}}
{{#if nope}}a{{else
if yes}}b{{/if}}
{{#if nope}}a{{ else }}b{{/if}}
{{#if nope}}a{{~ else ~}} b{{/if}}
{{#if object}}t{{else}}f{{/if}}{{#if none}}t{{else}}f{{/if}}{{#if empty}}t{{else}}f{{/if}}{{#if zero}}t{{else}}f{{/if}}
{{#if zero includeZero=true}}t{{else}}f{{/if}}
{{#if zero includeZero=false}}t{{else}}f{{/if}}
{{#if empty includeZero=true}}t{{else}}f{{/if}}
{{#if no includeZero=true}}t{{else}}f{{/if}}
{{#unless zero includeZero=true}}t{{else}}f{{/unless}}
{{#unless yes}}t{{else}}f{{/unless}}
{{#unless nope}}t{{/unless}}
{{#if list.length}}t{{/if}}{{#if none.length}}t{{/if}}
{{#if this}}t{{/if}}{{#if this.name}}n{{/if}}
{{#if "text"}}t{{/if}}{{#if 0}}z{{/if}}{{#if 1}}o{{/if}}{{#if true}}y{{/if}}{{#if null}}n{{/if}}{{#if undefined}}u{{/if}}
{{^nope}}n{{/nope}}
{{^Id}}n{{/Id}}
{{^Id}}n{{else}}y{{/Id}}
{{^nope}}n{{else}}y{{/nope}}
{{^none}}n{{/none}}
{{^if no}}n{{/if}}
{{^if yes}}n{{else}}y{{/if}}
{{^unless yes}}n{{/unless}}
{{^each none}}n{{/each}}
{{^list}}n{{else}}{{this}}{{/list}}
{{#Id}}Dear {{this}}{{/Id}}
{{#User.UserId}}Dear {{this}}{{/User.UserId}}
{{#User}}{{UserId}}{{/User}}
{{#User}}{{../name}}{{/User}}
{{#User}}{{this.UserId}} {{./UserId}}{{/User}}
{{#list}}{{.}},{{/list}}
{{#list}}{{this}}{{@index}}{{/list}}
{{#none}}x{{else}}y{{/none}}
{{#yes}}{{name}}{{/yes}}
{{#no}}x{{else}}{{name}}{{/no}}
{{#nope}}x{{else}}y{{/nope}}
{{#nothing}}x{{else}}y{{/nothing}}
{{#object}}x{{/object}}
{{#people}}{{name}} {{/people}}
{{#deep.er}}{{est}}{{/deep.er}}
{{#deep}}{{#er}}{{est}}{{../../name}}{{/er}}{{/deep}}
{{#[with space]}}{{this}}{{/[with space]}}
{{#with map}}{{k1}}{{/with}}
{{#with Id}}{{this}}{{/with}}
{{#with nope}}a{{else}}b{{/with}}
{{#with none}}a{{else}}b{{/with}}
{{#with empty}}a{{else}}b{{/with}}
{{#with object}}a{{else}}b{{/with}}
{{#with zero}}a{{else}}b{{/with}}
{{#with User}}{{#with UserAttributes}}{{First}} {{../UserId}} {{../../name}}{{/with}}{{/with}}
{{#with map as |m|}}{{m.k1}}{{m.k2}}{{/with}}
{{#with map as |x|}}{{x.k1}}{{#with k2 as |x|}}{{x}}{{/with}}{{x.k1}}{{/with}}
{{#each list}}{{this}}{{/each}}
{{#each list}}{{.}}{{@index}}{{@key}}{{@first}}{{@last}};{{/each}}
{{#each map}}{{@key}}={{this}}{{@index}}{{@first}}{{@last}};{{/each}}
{{#each nope}}x{{else}}none{{/each}}
{{#each none}}x{{else}}none{{/each}}
{{#each object}}x{{else}}none{{/each}}
{{#each Id}}x{{else}}none{{/each}}
{{#each zero}}x{{else}}none{{/each}}
{{#each lists}}{{[0]}};{{/each}}
{{#each lists}}{{this.[0]}}{{this.[1]}};{{/each}}
{{#each lists}}{{#each this}}{{this}}{{@index}}{{@../index}};{{/each}}{{/each}}
{{#each lists}}{{length}}{{/each}}
{{#each people}}{{name}}: {{#each tags}}{{this}}{{../name}}{{else}}-{{/each}} {{/each}}
{{#each people}}{{this.name}}{{./name}}{{../name}}{{/each}}
{{#each people}}{{#if tags}}{{name}}{{../name}}{{/if}}{{/each}}
{{#each people}}{{#with this}}{{name}}{{/with}}{{/each}}
{{#each people as |person n|}}{{n}}{{person.name}}{{/each}}
{{#each map as |value key|}}{{key}}{{value}}{{/each}}
{{#each list as |v i|}}{{#each ../list as |w j|}}{{v}}{{w}}{{i}}{{j}} {{/each}}{{/each}}
{{#each list}}{{@root.name}}{{/each}}
{{#each list}}{{#if @first}}[{{/if}}{{this}}{{#unless @last}},{{/unless}}{{#if @last}}]{{/if}}{{/each}}
{{#each people}}{{@key}}{{/each}}
{{#each (lookup lists 0)}}{{this}}{{/each}}
{{lookup map "k1"}} {{lookup map key}} {{lookup list 1}} {{lookup nope "a"}} {{lookup map "none"}}
{{lookup . "name"}} {{lookup this "name"}} {{lookup (lookup lists 0) 1}}
{{#with (lookup people 1)}}{{name}}{{/with}}
{{#each list}}{{lookup ../list @index}}{{/each}}
{{upper Id}} {{upper "x"}} {{upper (lower "MiX")}} {{upper one}}
{{upper  Id }} {{upper	Id}}
{{replace text "e" "-"}} {{replace text 'e' "'"}} {{replace text "e" "\""}} {{replace text 'e' '\''}}
{{replace text "e" "\n"}} {{replace text "e" "\\"}} {{replace text "e" "}}"}} {{replace text "e" "{{x}}"}}
{{upper
Id}}
{{#eq Id "ada"}}y{{else}}n{{/eq}} {{eq Id "x"}} {{eq Id "ada" yes="Y" no="N"}} {{neq Id "ada"}}
{{#if (eq Id "ada")}}y{{/if}} {{#if (not (eq Id "ada"))}}n{{else}}y{{/if}} {{#and Id name}}both{{/and}}
{{#eq "01234" "1234"}}same{{else}}different{{/eq}} {{eq "1" "1.0"}} {{neq "12345678901234567890" "12345678901234567891"}}
{{#if nope}}a{{else eq Id "ada"}}b{{/if}}
{{#*inline "p"}}<{{name}}>{{/inline}}{{> p}}
{{#* inline "p"}}<{{name}}>{{/inline}}{{>p}}{{> "p"}}{{> [p]}}
{{> p}}{{#*inline "p"}}later{{/inline}}
{{#*inline "a b"}}spaced{{/inline}}{{> "a b"}}{{> [a b]}}
{{#*inline "p"}}{{name}};{{/inline}}{{> p}}{{> p people.[0]}}{{> p name="hashed"}}{{> p people.[1] name="both"}}
{{#*inline "p"}}{{this}};{{/inline}}{{> p Id}}{{#each list}}{{> p}}{{/each}}{{#each list}}{{> p this}}{{/each}}
{{#*inline "p"}}{{x}} {{y}}{{/inline}}{{> p x=Id y="lit"}}{{> p x=1 y=true}}
{{#*inline "p"}}{{@index}}{{/inline}}{{#each list}}{{> p}}{{/each}}
{{#*inline "outer"}}dynamic{{/inline}}{{> (lookup . "name")}}
{{#> nope}}fallback {{name}}{{/nope}}
{{#*inline "p"}}[{{> @partial-block}}]{{/inline}}{{#> p}}body {{name}}{{/p}}
{{#*inline "p"}}{{#each list}}{{> @partial-block}}{{/each}}{{/inline}}{{#> p}}<{{this}}>{{/p}}
{{#*inline "a"}}A{{> b}}{{/inline}}{{#*inline "b"}}B{{/inline}}{{> a}}
{{#*inline "p"}}1{{/inline}}{{#if yes}}{{#*inline "p"}}2{{/inline}}{{> p}}{{/if}}{{> p}}
{{#*inline "p"}}a{{/inline}}{{#*inline "p"}}b{{/inline}}{{> p}}
{{#> p name="x"}}{{name}}{{/p}}
{{#if yes}}{{#if no}}a{{else}}{{#if yes}}b{{/if}}{{/if}}{{/if}}
{{#each list}}{{#if @first}}{{else}}{{this}}{{/if}}{{/each}}
{{#if yes}}{{/if}}{{#each list}}{{/each}}
{{#unless}}x{{/unless}}
{{#if}}x{{/if}}
{{#if a b}}x{{/if}}
{{#each}}x{{/each}}
{{#with}}x{{/with}}
{{nope 1}}
{{#nope 1}}x{{/nope}}
{{upper (nope 1)}}
{{Id}
{{Id
{{
{{}}
{{ }}
{{{Id}}
{{{Id}
{{#if yes}}x
{{#if yes}}x{{/unless}}
{{#if yes}}{{#each list}}{{/if}}{{/each}}
{{/if}}
{{else}}
{{^}}
{{#if yes}}a{{else}}b{{else}}c{{/if}}
{{> nope}}
{{>}}
{{#}}x{{/}}
{{#if yes}}x{{/}}
{{upper "x}}
{{upper 'x}}
{{upper (lower "x"}}
{{upper lower "x")}}
{{upper x=}}
{{replace x=1 text "a"}}
{{[unclosed}}
{{a b.}}
{{a..b}}
{{a.b.}}
{{.a}}
{{a.this}}
{{a/../b}}
{{../..}}
{{a,b}}
{{a;b}}
{{a+b}}
{{a*b}}
{{#each list as v}}x{{/each}}
{{#each list as |}}x{{/each}}
{{#each list as |v}}x{{/each}}
{{!-- never closed }}
{{! never closed
{{#*inline "p"}}x
{{#*decorate "p"}}x{{/decorate}}
{{* decorate}}
{{#> p}}x
{{if yes}}
{{each list}}
{{with map}}
{{#if (if yes)}}x{{/if}}
{{"text" 1}}
{{12 1}}
{{(lookup map "k1")}}
{{{(lookup map "k1")}}}
{{#(lookup map "k1")}}x{{/(lookup map "k1")}}
{{elsewhere}}{{iffy}}{{thisone}}{{eachother}}
{{this.if}} {{[if]}}{{! }}
{{#each list}}{{this}}{{#unless @last}}, {{/unless}}{{/each}}.
"""

DIFFERENT = {
    "outer scopes": [
        "{{#each list}}{{name}}{{/each}}",
        "{{#each people}}{{Id}}{{/each}}",
        "{{#with map}}{{name}}{{/with}}",
        "{{#User}}{{Id}}{{/User}}",
        '{{#*inline "p"}}{{Id}}{{/inline}}{{> p map}}',
    ],
    "objects": ["{{map}}", "{{this}}", "{{people}}", "{{#with map}}{{this}}{{/with}}", "{{User.UserAttributes}}", "{{object}}"],
    "empty sections": ["{{#empty}}x{{else}}y{{/empty}}", "{{#zero}}x{{/zero}}", "{{^empty}}y{{/empty}}"],
    "fifteen rounds": ["{{#each many}}.{{/each}}", "{{#many}}.{{/many}}", "{{#each many}}{{#if @last}}{{this}}{{/if}}{{/each}}"],
    "first of a text": ["{{Id.[0]}}", "{{User.UserId.[0]}}", "{{minus.[0]}}"],
    "numbers": ["{{big}}"],
    "indices": ["{{list.0}}", "{{User.UserAttributes.First.0}}"],
    "closing brace": ['{"id": {{zero}}}', '{"a": {"b": {{half}}}}'],
    "sums": ["{{half}}{{minus}}", "{{#each list}}{{@index}}{{@index}}{{/each}}"],
    "partials of a partial": [
        '{{#*inline "p"}}{{../name}}{{/inline}}{{#with map}}{{> p}}{{/with}}',
        '{{#*inline "l"}}<{{> head}}|{{> @partial-block}}>{{/inline}}{{#> l}}{{#*inline "head"}}H{{/inline}}body{{/l}}',
    ],
    "unknown names": ["{{nope x=1}}", "{{@nope}}", "{{@nope.x}}"],
    "raw blocks": ["{{{{raw}}}}{{Id}}{{{{/raw}}}}"],
}  # fmt: skip


AS_TEXT_ALONE = ("sums",)
"""Differences that are none where values are escaped."""


def cases() -> Iterator[tuple[str, str]]:
    """All of them, each once."""
    seen: set[str] = set()
    plain = [*_lines(PLAIN), *white_space()]
    for template, key in [*((t, "") for t in plain), *((t, key) for key, ts in DIFFERENT.items() for t in ts)]:
        if template not in seen:
            seen.add(template)
            yield template, key


def _lines(text: str) -> list[str]:
    """One template a line; a line that does not close its last tag goes on in the next one."""
    found: list[str] = []
    for line in text.strip("\n").split("\n"):
        if found and found[-1].endswith(("{{else", "{{upper")):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


def white_space() -> Iterator[str]:
    """Tags that stand alone on their lines, or do not, with `~` or without."""
    tags = (
        "{{#if yes}}@{{/if}}",
        "{{#if no}}@x{{else}}@{{/if}}",
        "{{#if no}}@x{{else if yes}}@{{else}}@y{{/if}}",
        "{{#each list}}@{{this}}@{{/each}}",
        "{{^no}}@{{/no}}",
        "{{^no}}@{{else}}@y{{/no}}",
        "{{#*inline 'p'}}@in @{{/inline}}{{> p}}",
        "{{! comment }}",
        "{{name}}",
    )
    for tag, before, after, inside in product(
        tags, ("", "a\n", "a\n  ", "a "), ("", "\n", " \nb", " b"), ("i", "\n  i\n", " ")
    ):
        yield before + tag.replace("@", inside) + after
    for tag, tilde in product(tags[:5], range(1, 16)):
        parts = tag.replace("@", " \n i \n ").split("{{")
        marked = [f"{{{{{'~' if tilde & 1 << n else ''}{part}" for n, part in enumerate(parts[1:])]
        marked = [part.replace("}}", "~}}", 1) if tilde & 2 << n else part for n, part in enumerate(marked)]
        yield "a \n " + "".join(marked) + " \n b"
    yield "{{#*inline 'p'}}l1\nl2\n{{/inline}}\na\n  {{> p}}\nb"
    yield "{{#*inline 'p'}}l1\n\nl2{{/inline}}a\n\t{{> p}} \n b"
    yield "{{#*inline 'p'}}l1\nl2{{/inline}}a {{> p}}\n b"
    yield "{{#*inline 'p'}}({{> @partial-block}}){{/inline}}\n  {{#> p}}\n x\n  {{/p}}\nb"
    yield "a\r\n{{#if yes}}\r\nb\r\n{{/if}}\r\nc"
    yield "{{#each list}}\n{{#if @first}}\nf\n{{/if}}\n{{this}}\n{{/each}}\n"
