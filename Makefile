# Needs Python 3.11, pip, make and git. PIP_ARGS goes to pip, for instance to choose a PyTorch build.
PYTHON ?= python3.11
PIP_ARGS ?=
bin := .venv/bin
# Else each of the processes that a run or the tests start would compile the whole package again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test test-whole test-slow lint viz mlflow install

run: install
	$(bin)/kedro run

test: install
	$(bin)/python -m pytest -m "not slow and not whole" -n 2 --dist loadfile

test-whole: install
	$(bin)/python -m pytest -m "whole and not slow" -n 2

test-slow: install
	$(bin)/python -m pytest -m slow -n 2 --dist loadfile

lint: install
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy

viz: install
	$(bin)/kedro viz run

mlflow: install
	MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(bin)/mlflow ui --backend-store-uri sqlite:///mlflow.db

install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(bin)/pip install $(PIP_ARGS) -c constraints.txt -e ".[viz,dev]"
	touch $@
