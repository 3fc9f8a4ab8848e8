# Canopy. Two commands are all a newcomer needs:
#
#   make up      sets everything up and runs the product with a demo company at http://localhost:8000, until Ctrl-C
#   make test    sets everything up and runs all tests
#
# Needed: Python 3.11 or newer with venv, make, a C library. Nothing is installed outside this folder.

PORT   = 8000
PEOPLE = 10000
SALES  = 0
SAMPLE = 25
SEED   = 1
PYTHON = python3
RUN    = .venv/bin/python
TESTS  = tests
CORES := $(shell nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 2)
# Many tests wait for processes of their own: one more at a time than there are cores.
ATONCE := $(shell expr $(CORES) + 1)

.PHONY: help up test test-fast check bench soak mutants pictures format install install-dev browser reset

help: ## show this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 14

up: install ## run the product with a demo company   [PORT=8000] [PEOPLE=10000] [SALES=1]
	@$(RUN) manage.py up --port $(PORT) --people $(PEOPLE) $(if $(filter-out 0,$(SALES)),--sales)

test: install-dev browser ## run all tests   [TESTS=tests/genealogy]
	@HYPOTHESIS_PROFILE=thorough $(RUN) -m pytest $(TESTS) -q -n $(ATONCE) --maxprocesses 5 --dist loadgroup

test-fast: install-dev ## run the tests that need no browser, no workers and less than a second or two
	@$(RUN) -m pytest $(TESTS) -q -n $(CORES) --maxprocesses 4 --dist loadgroup -m "not slow and not browser"

check: install-dev ## lint, types, layers, migrations, templates, production settings
	@$(RUN) -m config.checking

bench: install-dev ## measure; prints JSON lines   [ONLY=enrolment,live] [FULL=1]
	@$(RUN) -m tests.benchmarks $(if $(ONLY),--only $(ONLY)) $(if $(filter-out 0,$(FULL)),--full)

soak: install-dev ## the property tests with 1,500 examples each, then the slow tests three times over: more than an hour on two cores
	@HYPOTHESIS_PROFILE=soak $(RUN) -m pytest $(TESTS) -q -n $(CORES) --maxprocesses 4 --dist loadgroup --timeout 1800 -m "hypothesis and not browser"
	@for round in 1 2 3; do $(RUN) -m pytest $(TESTS) -q -n $(CORES) --maxprocesses 4 --dist loadgroup -m "slow and not browser" || exit 1; done

mutants: install-dev ## change the engine in one spot at a time: does a test fail?   [MODULES=ranks,bonuses.n_up] [SAMPLE=25] [SEED=1]
	@$(RUN) -m tests.mutation $(if $(MODULES),--modules $(MODULES)) --sample $(SAMPLE) --seed $(SEED)

pictures: install-dev browser ## take the pictures of docs/screenshots anew
	@$(RUN) -m tests.browser.pictures

format: install-dev ## put the code into the one format
	@$(RUN) -m ruff check --fix --quiet . ; $(RUN) -m ruff format .

reset: install ## forget the demo company and its servers' data
	@$(RUN) manage.py reset

install:
	@$(PYTHON) config/install.py

install-dev:
	@$(PYTHON) config/install.py --for-development

browser:
	@$(RUN) -m tests.chromium
