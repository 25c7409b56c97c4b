# make run: start the console. make test: every check. Both first install what is missing (resources/setup.sh).
SHELL := /bin/bash
export PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test soak lock clean setup

run: setup
	@$(BIN)/python main.py run

# $(call step,NAME,COMMAND): one line with the name, the seconds and the command's last words; all its words if it fails.
define step
@log=$$(mktemp); trap 'rm -f "$$log"' EXIT; start=$$(date +%s%N); $(2) >"$$log" 2>&1; code=$$?; \
tenths=$$(( ($$(date +%s%N) - start) / 100000000 )); seconds="$$((tenths / 10)).$$((tenths % 10)) s"; \
if [ $$code -eq 0 ]; then printf '%-12s %9s  %s\n' "$(1)" "$$seconds" "$$(grep -v '^ *$$' "$$log" | tail -n 1 | cut -c -90)"; \
else printf '%-12s %9s  FAILED: %s\n' "$(1)" "$$seconds" '$(2)'; cat "$$log"; exit $$code; fi
endef

test: setup
	$(call step,ruff check,$(BIN)/ruff check)
	$(call step,ruff format,$(BIN)/ruff format --check)
	$(call step,mypy,$(BIN)/mypy)
	$(call step,lint-imports,$(BIN)/lint-imports)
	$(call step,codespell,$(BIN)/codespell)
	$(call step,pytest,$(BIN)/pytest -q -m "not soak")

soak: setup
	@$(BIN)/pytest -m soak

# uv is wanted only here, so it lives in a virtual environment thrown away afterwards.
lock: setup
	@venv=$$(mktemp -d); trap 'rm -rf "$$venv"' EXIT; \
	$(BIN)/python -m venv "$$venv" && "$$venv/bin/pip" install --quiet --disable-pip-version-check uv && \
	"$$venv/bin/uv" pip compile pyproject.toml --group dev --universal --generate-hashes --python-version 3.11 \
		--no-header --quiet -o requirements.lock

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

setup:
	@bash resources/setup.sh
