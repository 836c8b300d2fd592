"""The page: plain HTML that needs nothing from anywhere, reads from top to bottom, and prints."""

PAGE = """\
{% macro table(name, caption, headings, rows, numeric) -%}
<div class="table" role="region" aria-label="{{ caption }}" tabindex="0">
<table id="{{ name }}"><caption>{{ caption }}</caption>
<thead><tr>{% for each in headings %}<th scope="col"{% if loop.index0 in numeric %} class="n"{% endif %}>{{ each }}</th>{% endfor %}</tr></thead>
<tbody>
{% for row in rows -%}
<tr>{% for cell in row %}{% if loop.first %}<th scope="row">{{ cell }}</th>{% else %}<td{% if loop.index0 in numeric %} class="n"{% endif %}>{{ cell | figure }}</td>{% endif %}{% endfor %}</tr>
{% endfor -%}
</tbody></table></div>
{%- endmacro %}
{% macro chart(part) -%}
{% if part.svg %}<figure><div class="chart" role="img" aria-label="{{ part.alternative }}">{{ part.svg | safe }}</div>
{% if part.legend %}<figcaption>{{ part.legend }}</figcaption>{% endif %}</figure>{% endif %}
{%- endmacro %}
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}: what it came to</title>
<style>
:root { color-scheme: light; }
body { margin: 0 auto; padding: 1rem; max-width: 76rem; color: #222; background: #fff; font: 1rem/1.5 sans-serif; }
h1, h2 { overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.2; }
h2 { font-size: 1.25rem; margin-top: 2rem; border-bottom: 2px solid #0072b2; }
.skip { position: absolute; left: -100vw; }
.skip:focus { position: static; }
dl.about { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; margin: 0; }
dl.about div { display: flex; gap: .4rem; }
dt { font-weight: bold; }
dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 1rem 0; }
figcaption { color: #555; }
.chart svg { display: block; width: 100%; max-width: 40rem; height: auto; }
.table { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: bold; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ccc; text-align: left; vertical-align: top; }
tbody th { min-width: 7rem; overflow-wrap: anywhere; }
.n { text-align: right; }
td.n { white-space: nowrap; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  .skip { display: none; }
  .table { overflow: visible; }
  table { font-size: 7pt; }
  th, td { padding-right: .4rem; }
  tbody th { min-width: 0; }
  h2 { break-after: avoid; }
  figure, tr { break-inside: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
</style>
</head>
<body>
<a class="skip" href="#figures">To the figures</a>
<header>
<h1>{{ title }}</h1>
<dl class="about">{% for name, value in about.items() %}<div><dt>{{ name }}</dt><dd>{{ value }}</dd></div>{% endfor %}</dl>
</header>
<main id="figures">
<p>{{ sentence }}</p>
{% for part in parts %}
<section aria-labelledby="h-{{ part.name }}">
<h2 id="h-{{ part.name }}">{{ part.title }}</h2>
{% if part.text %}<p>{{ part.text }}</p>{% endif %}
{{ chart(part) }}
{% if part.rows %}{{ table(part.name, part.caption, part.headings, part.rows, part.numeric) }}{% else %}<p>{{ part.nothing }}</p>{% endif %}
</section>
{% endfor %}
</main>
<footer>
<h2>What the figures mean</h2>
<ul>{% for each in notes %}<li>{{ each }}</li>{% endfor %}</ul>
</footer>
</body>
</html>
"""
