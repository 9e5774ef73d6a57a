# Everything runs from one virtual environment, .venv, which the first target that needs it makes.
# `make` alone lists the targets.

PYTHON ?= python3
PORT ?= 8000
BIND ?= 127.0.0.1:$(PORT)

VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
APP := $(VENV)/.app-installed
ALL := $(VENV)/.all-installed
COMPILE := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate
# Tests bring a key of their own and never read or write var/.
DEVELOP := DEBUG=1
# TypeScript's checker reads the JSDoc; it asks no network, and keeps what it knows beside the environment.
DENO := DENO_DIR=$(VENV)/.deno DENO_NO_UPDATE_CHECK=1 $(BIN)/deno
RULES := --quiet --config tests/js/deno.json
SCRIPTS := 'static/phone/**/*.js' 'tests/js/**/*.mjs' 'tests/js/*.js' 'tests/js/*.ts' tests/js/deno.json
# The worker is a script but for what Django puts into it.
WORKER := templates/phone/sw.js
FORMATTED_WORKER := sed 's/{{ given }}/GIVEN/' $(WORKER) | $(DENO) fmt $(RULES) --ext js - | sed 's/= GIVEN;/= {{ given }};/'
SERVED := $(DEVELOP) $(BIN)/python -m bench.servers $(BIN)/python -m pytest -q

# What pages and the admin draw, and what asks the database little, is tested on SQLite alone, and through the whole path on both.
DRAWN := $(foreach what,test_admin* *pages* test_conformity* test_settings* test_phone_files* test_photo* test_tables* \
  tasks/test_backtests*,--ignore-glob='*/$(what)')

.DEFAULT_GOAL := help
.PHONY: help install demo test test-lint test-units test-servers test-browser lint format lock schema words migrate run worker beat

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---- installing

$(UV):
	@command -v $(PYTHON) >/dev/null || { \
	  echo "$(PYTHON) was not found: install Python 3.11 or later, or name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "$$($(PYTHON) --version) is too old: Plumbline needs Python 3.11 or later. Name one: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "$(PYTHON) cannot make virtual environments: on Debian and Ubuntu, apt install python3-venv"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt

# uv is four times as fast; pip is asked where only pip knows the way to the packages (a mirror in pip.conf).
define install_from
	@echo "Installing $(1)"
	@$(UV) pip install --quiet --python $(BIN)/python --require-hashes -r $(1) || { \
	  echo "uv could not install $(1); trying pip, which takes a minute longer"; \
	  $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(1); }
	@touch $@
endef

$(APP): requirements/app.txt | $(UV)
	$(call install_from,requirements/app.txt)

$(ALL): requirements/lint.txt | $(UV)
	$(call install_from,requirements/lint.txt)

install: $(APP) ## Make .venv with what Plumbline needs to run
	@echo "Installed in $(VENV)."

# ---- the demo

demo: $(APP) ## Load a believable chain and start everything on http://127.0.0.1:$PORT
	@$(BIN)/python -m config.demo --port $(PORT)

# ---- checking

test: $(ALL) ## Lint, then units on SQLite, then PostgreSQL and Redis, then the browser
	@failed=; for step in lint units servers browser; do \
	  echo; echo "==== $$step"; $(MAKE) --no-print-directory test-$$step || failed="$$failed $$step"; done; \
	if [ -n "$$failed" ]; then echo; echo "FAILED:$$failed"; exit 1; fi

test-lint: lint

test-units: $(ALL)
	@$(DEVELOP) $(BIN)/python -m pytest -q -n 2 -m "not slow and not servers and not browser"

test-servers: $(ALL)
	@failed=0; \
	$(SERVED) -n 2 -m "not slow and not servers and not browser" $(DRAWN) tests/locations tests/audits tests/reports || failed=1; \
	$(SERVED) -m servers || failed=1; \
	exit $$failed

test-browser: $(ALL)
	@$(DEVELOP) $(BIN)/python -m pytest -q -n 3 --dist loadfile -m "(slow or browser) and not servers"

lint: $(ALL) ## Ruff, mypy, imports that point down, and the phone's scripts: their types and their form
	@failed=0; \
	$(BIN)/ruff check --quiet --output-format concise . || failed=1; \
	$(BIN)/ruff format --quiet --check --output-format concise . || failed=1; \
	$(DEVELOP) $(BIN)/mypy --no-error-summary . || failed=1; \
	$(BIN)/lint-imports --no-cache --config pyproject.toml >$(VENV)/.imports 2>&1 || { cat $(VENV)/.imports; failed=1; }; \
	$(DENO) check $(RULES) --no-remote --no-npm static/phone || failed=1; \
	$(DENO) lint $(RULES) static/phone tests/js || failed=1; \
	$(DENO) fmt $(RULES) --check $(SCRIPTS) || failed=1; \
	$(FORMATTED_WORKER) | diff $(WORKER) - || failed=1; \
	exit $$failed

format: $(ALL) ## Let ruff and deno put the code into shape
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .
	@$(DENO) fmt $(RULES) $(SCRIPTS)
	@$(FORMATTED_WORKER) > $(VENV)/sw.js && cp $(VENV)/sw.js $(WORKER)

# ---- keeping

lock: $(ALL) ## Write requirements/*.txt anew from pyproject.toml
	@$(COMPILE) --output-file requirements/app.txt pyproject.toml
	@$(COMPILE) --output-file requirements/test.txt --constraint requirements/app.txt --group test pyproject.toml
	@$(COMPILE) --output-file requirements/lint.txt --constraint requirements/test.txt --group test --group lint pyproject.toml
	@echo uv | $(COMPILE) --output-file requirements/uv.txt --constraint requirements/lint.txt -

schema: $(ALL) ## Write docs/openapi.yaml, the API's description
	@$(DEVELOP) $(BIN)/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml

words: $(ALL) ## Bring locale/ up to date with the sentences in the sources
	@$(DEVELOP) $(BIN)/python -m config.assets.catalogue $(LANGUAGE)

# ---- running for good: docs/deploy.md

migrate: $(APP) ## Bring the database and the static files up to date
	@$(BIN)/python manage.py migrate --noinput
	@$(BIN)/python manage.py collectstatic --noinput --verbosity 0

run: $(APP) ## The web server, on $BIND
	@exec $(BIN)/gunicorn config.wsgi --bind $(BIND) --worker-class gthread --workers 2 --threads 4 --no-control-socket

worker: $(APP) ## A Celery worker of $WORKERS processes (2)
	@exec $(BIN)/celery -A config worker --loglevel INFO --concurrency $${WORKERS:-2}

beat: $(APP) ## The one scheduler beside all the workers
	@exec $(BIN)/celery -A config beat --loglevel INFO
