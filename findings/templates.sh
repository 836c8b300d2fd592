#!/usr/bin/env bash
# handlebars.js 4.7.10 (npm), Node 18 or newer.
# Guess: two outputs side by side, {{a}}{{b}}, print one value after the other, with or without HTML escaping.
# Seen: with `noEscape: true` (texts, mails) two numbers side by side are ADDED: {{a}}{{b}} of 1 and 2 prints 3, and
#       {{@index}}{{@index}} in a loop prints 0, 2, 4. With escaping, or with any text between, it prints 12 and 00 11 22.
#       Handlebars.java 4.5.8 prints 12 either way.
# Exits with 1 if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund handlebars@4.7.10 >/dev/null
node -e '
const Handlebars = require("handlebars");
const show = (text, options) => Handlebars.compile(text, options)({ a: 1, b: 2, list: ["x", "y", "z"] });
console.log(show("{{a}}{{b}}", { noEscape: true }));
console.log(show("{{a}}{{b}}", {}));
console.log(show("{{a}}.{{b}}", { noEscape: true }));
console.log(show("{{#each list}}{{@index}}{{@index}} {{/each}}", { noEscape: true }));
' > seen
cat seen
diff seen - <<'EXPECTED'
3
12
1.2
0 2 4 
EXPECTED
