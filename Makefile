# Everything a newcomer runs. Needs Python 3.11 or newer, make and, once, the network; no Java, Redis or Docker.

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	if "$$p" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then command -v "$$p"; break; fi; done)
BIN := .venv/bin
LOCKS := requirements/uv.txt requirements/all.txt requirements/alone.txt
READY := .venv/.ready
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url

# One thread a core at most four: the arrays of one machine do not profit from more.
export OMP_NUM_THREADS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ "$$n" -gt 4 ] && echo 4 || echo "$$n")

.PHONY: help demo test check setup jars lock clean
.DEFAULT_GOAL := help

help:  ## What can be made
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 16

demo: setup  ## Set up, make music, learn, and end with a tree, an API and a page
	$(BIN)/audio-concepts demo

# Two processes with servers of their own (1 GB each): a test waits for a server most of its time. A file stays in one,
# for what its tests share, and files keep their order, which ends with many short ones.
test: setup jars  ## Set up, and run every test against the real servers
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder

check: setup  ## Lint, format, types, and the arrows between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

setup: $(READY)  ## Install what the locks pin into .venv

# The stamp is the last thing made: an interrupted set-up is taken up again, and what was fetched is in the cache.
$(READY): $(LOCKS) pyproject.toml
	@if [ -z "$(PYTHON)" ]; then echo "error: no Python 3.11 or newer found; install one, or say make PYTHON=/path/to/python3" >&2; exit 1; fi
	@echo "Setting up .venv with $(PYTHON): 3.1 GB to download, once (torch with CUDA; 5.4 GB on disk)."
	@[ -x $(BIN)/python ] || "$(PYTHON)" -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --require-hashes -r requirements/all.txt
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --require-hashes --no-deps -r requirements/alone.txt
	VIRTUAL_ENV=.venv $(BIN)/uv pip install --no-deps --no-build-isolation --editable .
	@touch $(READY)

jars: setup  ## Fetch Neo4j and the Graph Data Science library (170 MB, once) into the user's cache
	@$(BIN)/python -m worker.stack.jars fetch

lock: setup  ## Write the locks anew from pyproject.toml and the jars' coordinates
	$(COMPILE) requirements/uv.in -o requirements/uv.txt
	$(COMPILE) --all-extras pyproject.toml -o requirements/all.txt
	$(COMPILE) --no-deps requirements/alone.in -o requirements/alone.txt
	$(COMPILE) --constraint requirements/all.txt pyproject.toml -o requirements/base.txt
	$(COMPILE) --constraint requirements/all.txt --extra worker pyproject.toml -o requirements/worker.txt
	$(BIN)/python -m worker.stack.jars lock

clean:  ## Stop the stack and delete what was made here (the cache in your home stays)
	-@[ -x $(BIN)/audio-concepts ] && $(BIN)/audio-concepts down 2>/dev/null
	rm -rf .venv .audio-concepts .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist *.egg-info
