# Every target sets up what it needs; see tools/setup.py. On Windows, see the README.
PYTHON ?= python3
SETUP := @$(PYTHON) tools/setup.py
PY := .venv/bin/python

.PHONY: help run test check bench build smoke soak translations icons lock install-desktop clean
.DEFAULT_GOAL := help

help:
	@echo "make run       set up and open the window"
	@echo "make test      set up, check and run the tests"
	@echo "make check     lint, types, layers, lock file, translations"
	@echo "make bench     measure what the README promises"
	@echo "make build     package the program into dist/recognizer"
	@echo "make smoke     use the packaged program as a person would"
	@echo "make soak      kills, damage, full disks and stops by the thousand; make smoke over and over, ROUNDS=5"
	@echo "also: translations, icons, lock, install-desktop, clean"

run:
	$(SETUP) run
	@if [ "$$(uname)" = Linux ] && [ -z "$$DISPLAY$$WAYLAND_DISPLAY" ]; then \
	  echo "There is no display here, so the demo plays the main job and leaves its picture in demo.png."; \
	  exec .venv/bin/recognizer demo --out demo.png; \
	else \
	  exec .venv/bin/recognizer; \
	fi

check:
	$(SETUP) test
	@$(PY) tools/check.py

# Tests may not reach the network: a proxy that is not there refuses at once.
test: check
	@QT_QPA_PLATFORM=offscreen http_proxy=http://127.0.0.1:9 https_proxy=http://127.0.0.1:9 \
	  no_proxy=localhost,127.0.0.1 $(PY) tools/test.py $(PYTEST_ARGS)

bench:
	$(SETUP) test
	@$(PY) tools/bench.py $(BENCH_ARGS)

build:
	$(SETUP) build
	@$(PY) tools/build.py

smoke:
	$(SETUP) smoke
	@$(PY) tests/packaging/smoke.py $(SMOKE_ARGS)

ROUNDS ?= 5
soak:
	$(SETUP) smoke
	@$(PY) tests/benchmarks/soak_library.py
	@$(PY) tests/benchmarks/soak_importers.py
	@$(PY) tests/benchmarks/soak_training.py
	@$(PY) tests/packaging/smoke.py --rounds $(ROUNDS)

translations:
	$(SETUP) test
	@$(PY) tools/translations.py

icons:
	$(SETUP) test
	@QT_QPA_PLATFORM=offscreen $(PY) tools/icons.py

lock:
	@$(PYTHON) tools/lock.py

install-desktop:
	@$(PYTHON) tools/install_desktop.py

clean:
	rm -rf build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache *.egg-info demo.png
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
