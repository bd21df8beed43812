# Two commands on a bare machine with Python 3.11, make and a package index: `make up` and `make test`.
# VENV, PYTHON, TORCH and what the settings read can be set: `make up PORT=8001`, `make up TORCH="torch==2.13.0+cpu"`.

VENV ?= .venv
TORCH ?= torch==2.13.0
# Processes that run tests; 0 for the DATABASE_URL that is set.
PROCESSES ?= $(if $(DATABASE_URL),0,2)
PYTHON ?= $(shell for name in python3.11 python3.12 python3.13 python3 python; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)

# A virtual environment's own settings would send pip or Python astray.
unexport PYTHONHOME PYTHONPATH
export PIP_DISABLE_PIP_VERSION_CHECK = 1

BIN := $(VENV)/bin
RUN := $(BIN)/python manage.py
PIP := $(BIN)/python -m pip install --quiet --no-input
LOCK := $(BIN)/python -m piptools compile --quiet --generate-hashes --strip-extras --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options --unsafe-package torch
CODE := accounts papers leaderboards workers portal bench tests manage.py

.DEFAULT_GOAL := help
.PHONY: help up test lint format types imports tests chaos equality harness-2022 bench-import bench-portal bench-api fuzz-api bench-engine bench-queue
.PHONY: admin-password lock clean

help: ## Say what each command does
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: $(VENV)/.runtime ## Install what is missing and run the whole site: http://127.0.0.1:8000/
	@$(RUN) up

test: $(VENV)/.dev lint types imports tests ## Lint, types, the import rule and every test

lint: $(VENV)/.dev ## Check style
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)

format: $(VENV)/.dev ## Lay the code out, put imports in order and mend what the linter can
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

types: $(VENV)/.dev ## Check types
	$(BIN)/mypy

imports: $(VENV)/.dev ## Check which app may import which
	$(BIN)/lint-imports

tests: $(VENV)/.dev ## Run the tests on databases, Redis servers and workers of their own (PYTEST="-k word" to choose)
	$(BIN)/python -m pytest --numprocesses $(PROCESSES) --dist loadfile --no-loadscope-reorder $(PYTEST)

chaos: $(VENV)/.dev ## A hundred random faults to workers, scheduler, Redis and Postgres over ten runs (half an hour; CHAOS="--faults 20" for less)
	$(BIN)/python -m tests.workers.evaluation.chaos $(CHAOS)

# Memory of the size of a prompt's logits is kept rather than given back: fetching it anew is half of what lm-eval's model costs.
equality: export MALLOC_MMAP_MAX_ = 0
equality: export MALLOC_TRIM_THRESHOLD_ = 16000000000
equality: $(VENV)/.dev ## Every item of MMLU and six other benchmarks through lm-eval's own model and through ours (an hour; EQUALITY="--limit 5" for less)
	$(BIN)/python -m tests.workers.evaluation.equality $(EQUALITY)
	EQUALITY_EXAMPLES=500 $(BIN)/python -m pytest tests/workers/evaluation/test_random_trees.py

# Apart from the environment, as each brings a package `lm_eval` of its own; what else MMLU's file of theirs imports is in it already.
harness-2022: $(VENV)/.dev ## MMLU of 2022 by lm-eval 0.2.0 and 0.3.0 themselves beside ours, prompt by prompt (minutes)
	@rm -rf var/harness-2022
	@for release in 0.2.0 0.3.0; do \
		$(PIP) --no-deps --target var/harness-2022/$$release lm-eval==$$release best-download==0.1.2 || exit 1; done
	$(BIN)/python -m tests.workers.evaluation.harness_2022 var/harness-2022 $(HARNESS_2022)

bench-import: $(VENV)/.dev ## Import, update, relate and export a made-up archive of the real one's size (an hour; BENCH="--scale 0.1" for less)
	$(BIN)/python -m bench.import_archive $(BENCH)

bench-portal: $(VENV)/.dev ## What pages cost beside a bare view, on a full-size catalogue (BENCH="--var DIR")
	$(BIN)/python -m bench.portal $(BENCH)

bench-api: $(VENV)/.dev ## What the API's answers cost beside plain code and a bare view, on a full-size catalogue (BENCH="--var DIR")
	$(BIN)/python -m bench.api $(BENCH)

fuzz-api: $(VENV)/.dev ## Made-up requests of every operation of the API, many more than `make test` makes (a quarter of an hour)
	FUZZ_EXAMPLES=$(or $(EXAMPLES),100) FUZZ_SECONDS=3600 $(BIN)/python -m pytest --timeout 3700 tests/e2e/test_api_clients.py -k made_up

bench-engine: $(VENV)/.dev ## The evaluation engine beside lm-eval's own model and beside the floor (half an hour; BENCH="--only 70M" for less)
	$(BIN)/python -m bench.engine $(BENCH)

bench-queue: $(VENV)/.dev ## Claims and finishes a second that the queue of runs sustains with 64 claimants (half a minute)
	$(BIN)/python -m bench.queue_of_record $(BENCH)

admin-password: $(VENV)/.runtime ## Give the user admin a new password and print it
	@$(RUN) admin_password

lock: $(VENV)/.dev ## Choose the newest allowed versions anew and write the lock files
	@! $(BIN)/python -c 'import sys, torch; sys.exit(torch.version.cuda is None)' \
		|| { echo "make lock needs a CPU build of torch, or CUDA's libraries get into the lock: make clean, then set TORCH."; exit 1; }
	$(LOCK) --upgrade --output-file requirements.lock pyproject.toml
	$(LOCK) --upgrade --extra dev --constraint requirements.lock --output-file requirements-dev.lock pyproject.toml

clean: ## Remove the virtual environment and caches; the site's data in var/ stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +

# A stamp is written last, so that an installation that was broken off is done again. torch comes after the lock, without a
# hash, since its build differs by machine; a CUDA build brings its own libraries, the rest of what it needs is in the lock.
$(VENV)/.runtime: requirements.lock
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer was found on the PATH: install one, or set PYTHON."; exit 1; }
	@echo "Installing into $(VENV) (a few minutes, once) ..."
	@"$(PYTHON)" -m venv $(VENV) || { echo "$(PYTHON) cannot make a virtual environment: install its venv module (Debian: python3-venv)."; exit 1; }
	@$(PIP) --require-hashes --no-deps -r requirements.lock
	@$(PIP) "$(TORCH)"
	@$(BIN)/python -m pip check
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements-dev.lock
	@echo "Installing the tools of the tests ..."
	@$(PIP) --require-hashes --no-deps -r requirements-dev.lock
	@touch $@
