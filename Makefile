# Every target sets up what it needs. `make demo` and `make test` are the only two commands on a fresh machine.
PYTHON ?= python3
UV := $(PYTHON) -m uv
BIN := .venv/bin
FLOWS := -p no:randomly
# Measured by SlipCover, which takes its probes out again where a line was reached. pytest's own files are not measured.
MEASURED := $(BIN)/python -m slipcover --immediate --branch --source handlers,components --json --out .coverage.json -m pytest \
  -W "ignore:Unable to activate pytest branch coverage:RuntimeWarning"
UNIT := --numprocesses 2 --ignore tests/sandbox --ignore tests/engine --ignore tests/outside
OUTSIDE := $(FLOWS) --numprocesses 2 --no-loadscope-reorder tests/outside

# Compiled modules are kept, whatever the shell says: tests start many Pythons.
unexport PYTHONDONTWRITEBYTECODE

# An environment that another tool has changed is made whole again before anything else.
$(shell [ ! -e .venv/.ready ] || .venv/bin/python tools/whole.py >&2 || rm -f .venv/.ready)

.DEFAULT_GOAL := help
.PHONY: help demo test test-engine test-outside coverage chaos mutation new pulumi check format bench docs lock clean

help: ## What can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: .venv/.ready ## A CSV file becomes text messages, on an embedded AWS
	@$(BIN)/sandbox demo

test: check .venv/.node ## Everything: format, lint, types, unit tests and what they cover, flows on the sandbox, Pulumi's engine where it is
	$(MEASURED) $(UNIT)
	$(BIN)/python tools/coverage.py
	$(BIN)/pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder $(FLOWS) tests/sandbox
	@engine=; if tools/pulumi --there >/dev/null; then engine=tests/engine; \
	else echo "tests/engine was left out: there is no Pulumi CLI (make test-engine builds one, once)"; fi; \
	set -x; $(BIN)/pytest $(OUTSIDE) $$engine

test-engine: .venv/.ready pulumi ## Every stack under Pulumi's own engine, on the sandbox
	$(BIN)/pytest $(FLOWS) tests/engine

test-outside: .venv/.ready ## Outside engines judge what is ours: a real Trino, AWS's own Lambda client; each where its tools are
	$(BIN)/pytest $(OUTSIDE)

coverage: .venv/.ready .venv/.node ## What the unit tests cover, by file
	$(MEASURED) $(UNIT)
	$(BIN)/python tools/coverage.py --files

chaos: .venv/.ready ## Kills, faults and races, drawn from seeds: minutes; says how to play a seed again
	$(BIN)/python -m tests.chaos

mutation: .venv/.ready ## Faults in the decisions that choose who gets what, one at a time: does a unit test notice? [OF=dimensions]
	$(BIN)/python -m tests.mutation $(OF)

new: .venv/.ready ## The files of a new architecture: NAME=birthday_mail [STACK=audience]
	@$(BIN)/python tools/new/make.py "$(NAME)" $(STACK)

pulumi: ## The Pulumi CLI: the one on PATH, or one that is built from its Go module, once (which needs Go)
	@tools/pulumi

check: .venv/.ready ## Format, lint, types: seconds
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/pyright

format: .venv/.ready ## Put the code into its form
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --quiet --fix .

bench: .venv/.ready ## API calls against their floor, time at 20 ms a call, memory, cold start
	$(BIN)/python -m bench

docs: .venv/.ready ## Write the tables in docs/ anew from the code
	$(BIN)/python -m docs.generate

lock: .venv/.ready ## Lock the requirements anew, with hashes
	tools/lock

clean: .venv/.ready ## Stop the sandbox and remove all that was made
	-$(BIN)/sandbox down
	rm -rf .venv venv .build .sandbox tools/node_modules *.egg-info

# uv comes by pip where it is missing; a machine whose Python is closed to pip gets an environment for it.
.venv/.ready: pyproject.toml requirements/development.txt
	@tools/environment $(PYTHON)
	@touch $@

.venv/.node: tools/package-lock.json .venv/.ready
	npm ci --prefix tools --no-audit --no-fund --silent
	@touch $@
