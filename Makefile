# Everything a contributor runs. `make setup` makes .venv/ with the `layerscope` command in it; all else builds on that.
PYTHON ?= python3
BIN := .venv/bin
IMAGE ?= fixtures/example/tidewatch.tar.xz
SEVERAL := $(patsubst %,fixtures/archives/docker-20.10-%.tar,classic commit multi squash)

.PHONY: run setup test lint types contracts splits bench docs fixtures picture clean

run: .venv/ready
	$(BIN)/layerscope inspect $(IMAGE)

setup: .venv/ready

.venv/ready: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

test: lint types contracts
	$(BIN)/pytest -n auto --dist loadgroup --cov --cov-report=term

lint: .venv/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: .venv/ready
	$(BIN)/mypy

contracts: .venv/ready
	$(BIN)/lint-imports

# The part of the tests in which whole applications are built as `layerscope split` proposes, with the sizes that came.
splits: .venv/ready
	$(BIN)/pytest tests/rebuild/test_splits.py

bench: .venv/ready
	$(BIN)/python -m benchmarks

# Made anew by real engines; needs root and Debian (see fixtures/README.md).
fixtures:
	fixtures/rebuild

clean:
	rm -rf .venv .bench .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The page of rules, from the rules.
docs: .venv/ready
	$(BIN)/python docs/rules.py

# The README's picture, from the command itself on a pseudo-terminal; and that of several images.
picture: .venv/ready
	$(BIN)/layerscope compare $(SEVERAL) --format svg --output docs/compare.svg
	COLUMNS=104 script -qec '$(BIN)/layerscope inspect --top 5 $(IMAGE)' /dev/null | $(BIN)/python docs/picture.py docs/inspect.svg 104
