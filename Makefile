# make run    set up, then open the window on the sample project (without a screen: the tour)
# make test   set up, then run the tests
# make check  format, lint, types, layers
# The other targets: make help
SHELL := /bin/sh
PY := .venv/bin/python
JOBS ?= 2

.PHONY: run test check format bench tour demo-model help setup clean

help:
	@echo "make run         open the window on the sample project; without a screen, run the tour instead"
	@echo "make test        run the tests"
	@echo "make check       ruff format and lint, mypy, import-linter"
	@echo "make format      let ruff format and fix what it can"
	@echo "make bench       print the table of budgets with measured figures"
	@echo "make tour        the whole loop, off screen; screenshots and an exported dataset in ./tour"
	@echo "make demo-model  train the bundled demo model again (about an hour on two cores)"
	@echo "make clean       remove the virtual environment and every cache"

setup:
	@.ci/setup

run: setup
	@$(PY) -m desktop.first_run

tour: setup
	@$(PY) -m desktop tour --out tour

test: setup
	@echo "test: running the tests on $(JOBS) processes, off screen"
	@QT_QPA_PLATFORM=offscreen $(PY) -m pytest -n $(JOBS) --dist worksteal $(ARGS)

check: setup
	@echo "check: ruff format" && $(PY) -m ruff format --check .
	@echo "check: ruff lint" && $(PY) -m ruff check .
	@echo "check: mypy" && $(PY) -m mypy
	@echo "check: layers" && .venv/bin/lint-imports

format: setup
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix .

bench: setup
	@$(PY) -m tests.benchmarks

demo-model: setup
	@$(PY) -m training.synthetic --out build/demo/data --count 720 --seed 100 --size 1600x1200 --quality 90
	@.venv/bin/overread train fundus-demo --data build/demo/data --out build/demo/run --set threads=2
	@$(PY) -m training.synthetic.demo_model --run build/demo/run --data build/demo/data

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis *.egg-info tour
