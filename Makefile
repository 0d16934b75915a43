# make demo: install, train two models on the synthetic dancer and compare them; make test: install and test;
# make package: build the source archive and the wheel, and run the wheel in an empty environment.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo test lint package clean

install: .venv/installed

.venv/installed: setup.cfg constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: install
	$(BIN)/python -m experiments.compare --models lstm_vae,gnn_vae --seeds 1 --minutes 0.4 --evaluation.samples 64 --name demo

test: install
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

package: install
	.ci/package

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
