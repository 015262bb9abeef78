# Two commands: `make run` (install what is missing, build, fetch the default model, serve, open the page)
# and `make test` (everything that CI runs). The rest are their parts.

export CARGO_TERM_PROGRESS_WHEN ?= never
MAQUE := target/release/maque
# Weights for tests are fetched once, by the product's own `pull`, to a folder outside the checkout.
TEST_HOME ?= $(HOME)/.cache/maque-test
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print)

.PHONY: run test bench install build web tools lint deny web-test editor-test weights rust-test e2e editor-e2e clean

run: tools build
	$(MAQUE) serve --open

test: tools build lint web-test editor-test rust-test e2e editor-e2e

build: web/dist/index.html
	cargo build --release --locked -p maque

# Under PREFIX: maque, mq, completions, and qwen where the name is free.
PREFIX ?= /usr/local
install: build
	./scripts/install.sh $(MAQUE) $(PREFIX)

web: web/dist/index.html

web/node_modules: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund
	touch $@

web/dist/index.html: web/node_modules $(WEB_SOURCES)
	cd web && npm run build
	touch $@

tools:
	@./scripts/tools.sh

lint: build
	cargo fmt --all --check
	cargo clippy --release --locked --workspace --all-targets -- -D warnings
	cargo xtask tidy
	./scripts/deny.sh

web-test: web/node_modules
	cd web && npm run check && npm test

editors/vscode/node_modules: editors/vscode/package.json editors/vscode/package-lock.json
	cd editors/vscode && npm ci --no-audit --no-fund
	touch $@

# The side bar shares its Markdown with the page.
editor-test: web/node_modules editors/vscode/node_modules
	cd editors/vscode && npm run check && npm test && npm run package

weights: build
	MAQUE_HOME=$(TEST_HOME) $(MAQUE) pull smollm2:135m
	MAQUE_HOME=$(TEST_HOME) $(MAQUE) pull qwen2.5-coder:0.5b

# `maque pull` prints the path of the file that it made sure of.
rust-test: weights
	MAQUE_TEST_SMOL=$$(MAQUE_HOME=$(TEST_HOME) $(MAQUE) pull smollm2:135m) \
	MAQUE_TEST_QWEN=$$(MAQUE_HOME=$(TEST_HOME) $(MAQUE) pull qwen2.5-coder:0.5b) \
	cargo test --release --locked --workspace

e2e: weights
	./scripts/e2e.sh $(MAQUE) $(TEST_HOME)

# code-server is installed first, which takes some minutes, once.
editor-e2e: weights editor-test
	./scripts/editor-e2e.sh $(MAQUE) $(TEST_HOME)

# Measures this machine beside llama.cpp (which it builds first: up to an hour, once) and writes the READMEs' table and chart.
bench: weights
	python3 bench/compare.py $(MAQUE) "$$(./bench/llama_cpp.sh)" "$$(MAQUE_HOME=$(TEST_HOME) $(MAQUE) pull qwen2.5-coder:0.5b)"

clean:
	cargo clean
	rm -rf web/dist web/node_modules editors/vscode/dist editors/vscode/node_modules
