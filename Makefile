# Everything a builder of Bellhop does, by name. `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help setup run test faults understanding check format plays lock clean

BIN := .venv/bin
FLOORS := bot flows handlers models web

help: ## list what can be done
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | awk -F'\t' '{ printf "  make %-13s %s\n", $$1, $$2 }'

setup: ## make .venv and install what Bellhop needs to run
	@.ci/setup run

run: setup ## set everything up and start the demo at http://127.0.0.1:8080
	@exec $(BIN)/bellhop demo

test: ## set everything up and run every test, on SQLite and on PostgreSQL
	@.ci/setup browser
	@.ci/test $(ARGS)

faults: ## the long trials: killed, frozen, started again while a crowd books (ARGS="-k zombie", FAULTS="long guests=50")
	@.ci/setup browser
	@FAULTS="$(or $(FAULTS),long)" TEST_LIMIT=14400 .ci/test tests/faults -rP -o faulthandler_timeout=0 $(ARGS)

understanding: setup ## how well guests' words are understood: DATA=<folder of cases with a score.py>
	@$(BIN)/python -m tests.understanding "$(DATA)"

check: ## what must hold of the code: ruff, its formatter, mypy and the floors of the house
	@.ci/setup tools
	@.ci/check

format: ## write the code as the formatter would, and mend what ruff can mend
	@.ci/setup tools
	$(BIN)/ruff check --fix-only --quiet .
	$(BIN)/ruff format .

plays: setup ## write the talks of tests/transcripts as plays into docs/plays, and the path of the questions into docs/flow.md
	$(BIN)/python -m flows.diagram
	$(BIN)/python -m bot.plays
	$(BIN)/python -m bot templates write

lock: ## pin all dependencies anew from pyproject.toml (needs uv; UPGRADE=1 takes newer versions)
	@.ci/lock $(if $(UPGRADE),--upgrade)

clean: ## remove .venv and every cache; the records in data/ stay
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
