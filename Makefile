# Bare `make` prints what there is to do. Nothing here needs docker or root.
.DEFAULT_GOAL := help
.PHONY: faults lighthouse tamper help jars setup demo up test lint mutation bench workers bench-recognise bench-rework bench-evaluate bench-push bench-exactly-once bench-officers fuzz-push fuzz security sbom bench-debezium bench-measure bench-notices bench-dashboards simulate-year receipts api-docs lock messages assets clean

BIN := .venv/bin
ARGS ?=
N ?= 200000
PYTEST_ARGS ?=

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Make .venv and the command .venv/bin/proactive; nothing happens when that is done (PYTHON=python3)
	@scripts/setup.sh

demo: setup ## Play a licence's whole way on this machine, with pages to try (ARGS="--exit --json --people 20000")
	@$(BIN)/proactive demo $(ARGS)

up: setup ## Run it all here: database, broker, worker, pages on http://127.0.0.1:8000 (ARGS=...)
	@$(BIN)/proactive up $(ARGS)

test: setup ## Lint, types, import contracts, a look for secrets and holes, every test, in a real browser too (PYTEST_ARGS="-x -k notice")
	@scripts/browser.sh
	@scripts/mariadb.sh
	@scripts/jars.sh
	@scripts/prism.sh
	@scripts/identity.sh
	@PYTHON=$(BIN)/python scripts/manifests.sh
	@$(MAKE) --no-print-directory lint
	@scripts/security.sh code
	@scripts/tests.sh $(PYTEST_ARGS)

jars: ## Get the jars of Apache Kafka and Debezium with Maven, for the tests that need them (Java 17 or newer)
	@scripts/jars.sh

lint: setup ## Style, types and import contracts alone
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: setup ## Run the benchmarks of scale and write docs/performance.md; prints JSON (ARGS="--size large --only due_day")
	@scripts/jars.sh
	@PYTHON=$(BIN)/python sh scripts/peers.sh >&2
	@$(BIN)/python -m tests.benchmarks.everything $(ARGS)

workers: setup ## Workers that join, leave and are killed on 12 partitions: nobody lost, nobody told twice (ARGS="--people 2000")
	@scripts/jars.sh
	@$(BIN)/python -m tests.benchmarks.workers $(ARGS)

bench-recognise: setup ## Measure recognition into PostgreSQL beside four other ways; prints JSON (N=200000, ARGS="--only ours")
	@PYTHON=$(BIN)/python sh scripts/peers.sh >&2
	@$(BIN)/python -m tests.benchmarks.recognise --n $(N) $(ARGS)

bench-rework: setup ## Measure looking at every stored occasion again after a rule change; prints JSON (N=200000 people)
	@$(BIN)/python -m tests.benchmarks.rework --n $(N) --beside

bench-push: setup ## Measure the push API over HTTP with the real web process; prints JSON (ARGS="--rate 2000 --seconds 15")
	@$(BIN)/python -m tests.benchmarks.push $(ARGS)

bench-evaluate: setup ## Measure how many people a second of processor time are judged; prints JSON (N=200000)
	@$(BIN)/python -m tests.benchmarks.evaluate $(N)

bench-debezium: setup ## Measure commit in the source to record kept, through real Debezium and Kafka; prints JSON (ARGS="--n 300")
	@scripts/jars.sh
	@$(BIN)/python -m tests.benchmarks.debezium $(ARGS)

bench-exactly-once: setup ## Forward through a receiver that drops, delays, doubles and answers late; prints JSON (N=50000)
	@$(BIN)/python -m tests.benchmarks.exactly_once --n $(N)

bench-officers: setup ## 200 officers at 94 centres against the real web process; prints JSON (ARGS="--rate 50 --seconds 60")
	@$(BIN)/python -m tests.benchmarks.officers $(ARGS)
bench-notices: setup ## Measure notices handed to a provider 100 ms away; prints JSON (ARGS="--people 10000", or "--outage")
	@$(BIN)/python -m tests.benchmarks.notices $(ARGS)
receipts: setup ## Apply N made-up receipts in any order, doubled: the end must be that of the right order (N=200000)
	@N=$(N) $(BIN)/python -m pytest -q -s -p no:cacheprovider tests/steps/test_receipts.py
simulate-year: setup ## Play all of 2026 with the real steps and replies at random; nobody may be told amiss (PEOPLE=4000)
	@YEAR=1 PEOPLE=$(or $(PEOPLE),4000) $(BIN)/python -m pytest -q -p no:cacheprovider tests/year

fuzz-push: setup ## Throw made-up requests at the push API: none may fail, none may harm a neighbour (N=100000)
	@$(BIN)/python -m tests.web.push.fuzz --n $(N)

fuzz: setup ## Throw made-up call-backs, spreadsheets and rule files at their readers: only named refusals may come out (N=100000)
	@$(BIN)/python -m tests.fuzz --n $(N)

security: setup ## Bandit, a scan for secrets, known holes of packages; the tools come from the package index
	@scripts/security.sh
sbom: setup ## Write build/sbom.json: everything that is installed, as CycloneDX
	@scripts/security.sh sbom

api-docs: setup ## Write docs/api anew from the models of the push API
	@$(BIN)/python -m proactive.web.push.documents docs/api
	@$(BIN)/python -m proactive.web.receiving.documents docs/api/intake.json

bench-measure: setup ## Measure how long a register's quality takes to count; prints JSON (N=200000 licences)
	@$(BIN)/python -m tests.benchmarks.measure --number $(N)

faults: setup ## Play random schedules of faults over the real loop; six zeros each (N=200 SEED=1 ARGS="--each --minutes 60")
	@nice -n 15 $(BIN)/python -m tests.faults --n $(or $(filter-out 200000,$(N)),200) --seed $(or $(SEED),1) $(ARGS)

tamper: setup ## Falsify the audit log in each way at each of a thousand places; takes minutes
	@PROACTIVE_TEST_STRIDE=1 $(BIN)/python -m pytest tests/audit/test_tampering.py

bench-dashboards: setup ## Measure the control room's pages and the counting over a million dossiers and cases; prints JSON (ARGS="--n 100000")
	@$(BIN)/python -m tests.benchmarks.dashboards $(ARGS)

bench-desk: setup ## Measure the officers' queue over many dossiers; prints JSON (ARGS="--n 1000000")
	@$(BIN)/python -m tests.benchmarks.desk $(ARGS)

mutation: setup ## See which changes of rules/ (or OF=domain) no test notices, in a shuffled order (MODULES="day window" ARGS="--minutes 60")
	@nice -n 15 $(BIN)/python -u scripts/mutation.py --of $(or $(OF),rules) $(MODULES) $(ARGS)
	@$(BIN)/python scripts/mutation.py --of $(or $(OF),rules) --report

lighthouse: setup ## Measure the citizen's pages with Lighthouse on a simulated phone; prints a table
	@scripts/browser.sh
	@scripts/lighthouse.sh

lock: setup ## Write the lock files anew after a change of pyproject.toml or scripts/setup.in
	@$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock
	@$(BIN)/uv pip compile scripts/setup.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --output-file scripts/setup.lock
	@scripts/setup.sh

messages: setup ## Collect and compile the translations of the pages
	@$(BIN)/python scripts/messages.py

assets: setup ## Build the pages' style sheets and scripts anew
	@scripts/assets.sh

clean: ## Remove .venv, caches and build remains; data stays
	@rm -rf .venv build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
