# make demo: install, train two models on the synthetic dancer and compare them; make test: install and test;
# make package: build the source archive and the wheel, and run the wheel in an empty environment;
# make fuzz: 10,000 damaged files and options of each kind.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install demo test fuzz lint package clean

install: .venv/installed

.venv/installed: setup.cfg constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[dev]'
	touch $@

demo: install
	$(BIN)/python -m experiments.compare --models lstm_vae,gnn_vae --seeds 1 --minutes 0.4 --evaluation.samples 64 --name demo

test: install
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

fuzz: install
	FUZZ_CASES=10000 $(BIN)/python -m pytest --numprocesses auto tests/mocap/formats/test_damaged_files.py tests/mocap/preparation/test_damaged_preparation.py tests/experiments/test_any_options.py

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

package: install
	.ci/package

clean:
	rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
