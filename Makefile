# The two commands a newcomer needs: `make demo` and `make test`; each does the whole set-up.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2

.PHONY: demo test test-slow docs lint format bench reproduce-quick clean

# torch: the CPU build. Where pip's own index offers a CUDA build of the pinned version, the CPU
# build is asked for explicitly by setting PIP_EXTRA_INDEX_URL or PIP_FIND_LINKS.
$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	touch $(STAMP)

demo: $(STAMP)
	$(BIN)/augury demo

test: $(STAMP)
	$(BIN)/python -m pytest -n $(WORKERS) -q

test-slow: $(STAMP)
	$(BIN)/python -m pytest -q -m slow

# The site of docs/, in build/site; a link that leads nowhere is an error.
docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	$(BIN)/python -m benchmarks.ask_latency
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.memory

# Every reproduction with --quick; each is a module reproductions/<slug>.py.
reproduce-quick: $(STAMP)
	@for script in $$(ls reproductions/[a-z]*.py reproductions/[a-z]*/__main__.py); do \
		name=$$(basename $${script%/__main__.py} .py); \
		echo "== $$name"; \
		OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m reproductions.$$name --quick || exit 1; \
	done

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache
