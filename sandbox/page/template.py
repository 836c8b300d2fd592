"""The page: plain HTML that runs nothing and fetches nothing, its own mails included."""

PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The sandbox at {{ at }}</title>
<style>
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 80rem; color: #222; background: #fff; font: 1rem/1.5 sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0; }
h2 { font-size: 1.25rem; margin-top: 2rem; border-bottom: 2px solid #0072b2; }
h3 { font-size: 1rem; margin: 0; }
nav a { margin-right: 1rem; }
a { color: #00568a; }
.grid { display: grid; align-items: start; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: .75rem; }
.card, .message { border: 1px solid #bbb; border-radius: .4rem; padding: .6rem .8rem; min-width: 0; }
.card:target { outline: 3px solid #e69f00; }
.small { color: #555; font-size: .875rem; margin: .2rem 0; }
.head { display: flex; flex-wrap: wrap; gap: 0 1rem; }
.bubble { background: #e5f1fb; border-radius: 1rem 1rem 1rem .2rem; padding: .5rem .9rem; margin: .4rem 0; max-width: 34rem; white-space: pre-wrap; }
iframe { width: 100%; height: 16rem; border: 1px solid #ccc; background: #fff; resize: vertical; }
pre { white-space: pre-wrap; margin: .4rem 0; }
ol.states { list-style: none; display: flex; flex-wrap: wrap; gap: .3rem; padding: 0; margin: .3rem 0; }
ol.states li { border: 1px solid #777; border-radius: .3rem; padding: 0 .5rem; }
ol.states li + li::before { content: "\\2192\\00a0"; color: #555; }
.FAILED, .ABORTED, .TIMED_OUT, .open { border-color: #b00020 !important; color: #8a0018; font-weight: bold; }
.SUCCEEDED { color: #00643c; }
.RUNNING { color: #7a5200; }
.table { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #ccc; text-align: left; vertical-align: top; }
td:first-child { min-width: 10rem; }
</style>
</head>
<body>
<header>
<h1>The sandbox</h1>
<p class="small">As it was at {{ at }}. Nothing here changes by itself: <code>sandbox open</code> writes the page anew.</p>
<nav aria-label="On this page"><a href="#up">What is up</a><a href="#ran">What ran</a><a href="#got">What people got</a><a href="#failed">What could not be done</a></nav>
</header>
<main>
<section aria-labelledby="up">
<h2 id="up">What is up</h2>
{% for stack in stacks %}
<h3>Stack {{ stack.name }}</h3>
{% if stack.links %}<p class="small">{% for name, address in stack.links.items() %}<a href="{{ address }}" rel="noreferrer">{{ name }}</a>{{ ", " if not loop.last }}{% endfor %}</p>{% endif %}
<div class="grid">
{% for part in stack.parts %}
<article class="card" id="{{ part.anchor }}">
<h3>{% if part.page %}<a href="{{ part.page }}">{{ part.name }}</a>{% else %}{{ part.name }}{% endif %}</h3>
<p class="small">{% for kind, number in part.made_of.items() %}{{ number }} {{ kind }}{{ ", " if not loop.last }}{% endfor %}</p>
{% if part.uses %}<p class="small">uses {% for name, anchor in part.uses %}<a href="#{{ anchor }}">{{ name }}</a>{{ ", " if not loop.last }}{% endfor %}</p>{% endif %}
</article>
{% endfor %}
</div>
{% else %}
<p>No stack is up: <code>sandbox up</code>.</p>
{% endfor %}
</section>
<section aria-labelledby="ran">
<h2 id="ran">What ran</h2>
{% if more_runs %}<p>The latest of each state machine; {{ "{:,}".format(more_runs) }} older ones are not shown.</p>{% endif %}
{% for run in runs %}
<details>
<summary><span class="{{ run.status }}">{{ run.status }}</span> {{ run.machine }} <span class="small">{{ run.started }}{% if run.seconds is not none %}, {{ "%.1f" % run.seconds }} s{% endif %}</span></summary>
<p class="small">{{ run.name }}</p>
<ol class="states">{% for state in run.states %}<li{% if not state.done %} class="open" title="entered, and not left"{% endif %}>{{ state.name }}{% if state.times > 1 %} &times; {{ state.times }}{% endif %}</li>{% endfor %}</ol>
{% if run.reason %}<pre>{{ run.reason }}</pre>{% endif %}
</details>
{% else %}
<p>No state machine was started yet.</p>
{% endfor %}
</section>
<section aria-labelledby="got">
<h2 id="got">What people got</h2>
{% if more_messages %}<p>The latest {{ "{:,}".format(messages | length) }}; {{ "{:,}".format(more_messages) }} older ones are in <code>sandbox outbox</code>.</p>{% endif %}
<div class="grid">
{% for message in messages %}
<article class="message">
<div class="head small"><b>{{ message.channel }}</b><span>to {{ message.to }}</span><span>from {{ message.sender }}</span><span>{{ message.time }}</span></div>
{% if message.subject %}<h3>{{ message.subject }}</h3>{% endif %}
{% if message.html %}
<iframe sandbox="" title="Mail to {{ message.to }}" loading="lazy" srcdoc="{{ message.html }}"></iframe>
{% else %}
<div class="bubble">{{ message.text }}</div>
{% endif %}
{% if message.files %}<p class="small">attached: {{ message.files | join(", ") }}</p>{% endif %}
{% if message.note %}<p class="small">{{ message.note }}</p>{% endif %}
</article>
{% else %}
<p>Nothing was sent yet.</p>
{% endfor %}
</div>
</section>
<section aria-labelledby="failed">
<h2 id="failed">What could not be done</h2>
{% if places %}
<div class="table" role="region" aria-label="Error places" tabindex="0">
<table>
<thead><tr><th scope="col">Place</th><th scope="col">How many</th><th scope="col">Oldest</th><th scope="col">Why</th><th scope="col">From</th></tr></thead>
<tbody>
{% for place in places %}
<tr><td>{{ place.name }}<br><span class="small">{{ place.stack }}: {{ place.what }}</span></td><td>{{ "{:,}".format(place.count) }}</td><td>{{ place.oldest or "" }}</td>
<td>{% for reason, number in place.reasons.items() %}{{ reason }} ({{ number }}){% if not loop.last %}<br>{% endif %}{% endfor %}{{ place.problem or "" }}</td><td>{{ place.sources | join(", ") }}</td></tr>
{% endfor %}
</tbody></table></div>
<p class="small"><code>engagement failures show NAME</code> tells more, <code>engagement failures redrive NAME</code> tries again.</p>
{% endif %}
<p>{{ "{:,}".format(empty) }} other places are empty.</p>
</section>
</main>
</body>
</html>
"""
