// Renders templates with handlebars.js. Lines of JSON on standard input: {template, variables, escape}; out: {text} or {error}.
const path = require("path");
const Handlebars = require(path.join(process.argv[2], "handlebars"));
const readline = require("readline").createInterface({ input: process.stdin });

const list = (value) => (Array.isArray(value) && value.length === 1 ? value[0] : value);
const answer = (holds, options, scope) =>
  options.fn ? (holds ? options.fn(scope) : options.inverse(scope)) : holds ? options.hash.yes ?? true : options.hash.no ?? false;

readline.on("line", (line) => {
  const asked = JSON.parse(line);
  const engine = Handlebars.create();
  engine.registerHelper("upper", (value) => String(list(value)).toUpperCase());
  engine.registerHelper("lower", (value) => String(list(value)).toLowerCase());
  engine.registerHelper("replace", (value, from, to) => String(list(value)).split(from).join(to));
  engine.registerHelper("eq", function (left, right, options) { return answer(list(left) === list(right), options, this); });
  engine.registerHelper("neq", function (left, right, options) { return answer(list(left) !== list(right), options, this); });
  engine.registerHelper("not", function (value, options) { return answer(engine.Utils.isEmpty(value) || value === 0, options, this); });
  engine.registerHelper("and", function (left, right, options) {
    const empty = (value) => engine.Utils.isEmpty(value) || value === 0;
    return answer(!empty(left) && !empty(right), options, this);
  });
  let said;
  try {
    said = { text: engine.compile(asked.template, { noEscape: !asked.escape })(asked.variables) };
  } catch (error) {
    said = { error: String(error.message) };
  }
  console.log(JSON.stringify(said));
});
