# Needs Python 3.11, pip, make and git. PIP_ARGS goes to pip, for instance to choose a PyTorch build.
PYTHON ?= python3.11
PIP_ARGS ?=
bin := .venv/bin
# Else each of the processes that a run or the tests start would compile the whole package again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help run audit test test-whole test-slow lint docs picture viz mlflow install

help: ## lists these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "A run goes on where it was cut off: give the same command again. For long ones, after 'make install':"
	@echo "  nohup .venv/bin/kedro run > run.log 2>&1 &   (goes on when you log out; 'tail -f run.log' shows it)"
	@echo "  two machines: docs/how-to/several_machines.md; a GPU or a server: docs/how-to/gpu.md, docs/how-to/endpoints.md"

run: install ## the study of the reference models, to its report: about 6 minutes on two cores
	$(bin)/kedro run

audit: install ## an audit of one model, to its page: about 1 minute; conf/audit says whom it asks what
	$(bin)/kedro run --env audit

test: install ## the suite that every change must pass: about 8 minutes on two cores
	$(bin)/python -m pytest -m "not slow and not whole" -n 2 --dist loadfile

test-whole: install ## whole ways through commands, pages, MLflow, notebooks and docs: 5 minutes
	$(bin)/python -m pytest -m "whole and not slow" -n 2

test-slow: install ## long simulations, kills and servers
	$(bin)/python -m pytest -m slow -n 2 --dist loadfile

lint: install ## style and types
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy

docs: install ## the documentation as a site, in site/index.html
	$(bin)/mkdocs build --strict

picture: install ## the README's picture anew, of the page that 'make run' made; needs chromium
	$(bin)/python -m tests.report.picture

viz: install ## the pipelines in the browser, by kedro-viz
	$(bin)/kedro viz run

mlflow: install ## the runs in the browser, by MLflow
	MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false $(bin)/mlflow ui --workers 1 --backend-store-uri sqlite:///mlflow.db

install: .venv/installed ## everything into .venv; each command above does it when it has to be done

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(bin)/pip install $(PIP_ARGS) -c constraints.txt -e ".[viz,dev]"
	touch $@
