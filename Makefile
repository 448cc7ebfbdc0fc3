# A target is one line that says what it does after ##; what takes more than a line or two is a script in scripts/.

GOLANGCI_LINT_VERSION := v2.15.0
BENCHSTAT_VERSION     := v0.0.0-20260908200009-22c9c6c9d4da

# Tools are built into a folder named by their version, so that a new version is a new folder.
GOLANGCI_LINT := $(CURDIR)/.tools/golangci-lint-$(GOLANGCI_LINT_VERSION)/golangci-lint
BENCHSTAT     := $(CURDIR)/.tools/benchstat-$(BENCHSTAT_VERSION)/benchstat

# What a caller may set: make fuzz FUZZTIME=1000000x, make microbench BENCH=Merge COUNT=10 BASE=old.txt
BENCH    ?= .
COUNT    ?= 6
BASE     ?=
DIR      ?=
PERSONS  ?= 3e5
EVENTS   ?= 3e6
PEER     ?=

# Nothing of ours needs cgo; the race detector does.
export CGO_ENABLED := 0

.DEFAULT_GOAL := help

help: ## print this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build the binary into bin/, without cgo
	go build -trimpath -o bin/ ./cmd/parterre

test: ## run everything that can be tested with Go alone
	go test ./...

race: ## run the tests under the race detector; needs a C compiler
	CGO_ENABLED=1 go test -race -timeout 30m ./...

lint: $(GOLANGCI_LINT) ## run the linters and check the formatting
	$(GOLANGCI_LINT) run ./...

fmt: $(GOLANGCI_LINT) ## format the Go files
	$(GOLANGCI_LINT) fmt ./...

cross: ## compile for Linux, macOS and Windows, on amd64 and arm64
	scripts/cross

fuzz: ## run each fuzz target with FUZZTIME inputs (50000x)
	scripts/fuzz $(FUZZTIME)

clients: ## run the official SDK and other clients against the binary; needs Python and Node
	scripts/clients

bench: ## measure the budgets at a size that takes minutes; PEER=clickhouse beside the peer
	go run ./bench ALL --persons $(PERSONS) --events $(EVENTS) --growth=false --peer "$(PEER)"

bench-full: ## measure the budgets at full size: 100 million events, which takes hours
	go run ./bench ALL --persons 10e6 --events 100e6 --peer "$(PEER)"

microbench: $(BENCHSTAT) ## run benchmarks (BENCH, COUNT times) and sum them up, beside those in the file BASE
	go test -run '^$$' -bench '$(BENCH)' -benchmem -count $(COUNT) ./... > bench.txt || { cat bench.txt; exit 1; }
	$(BENCHSTAT) $(BASE) bench.txt

actalike-eval: ## measure look-alikes on the populations in the folder DIR (../shared/actalike)
	go run ./bench ACTALIKE-EVAL --dir $(or $(DIR),../shared/actalike)

demo: ## start the service, load a shop's data, and update audiences
	go run ./cmd/parterre demo

check: cross vet lint test race ## all that a change must pass

vet: ## run go vet
	go vet ./...

tools: $(GOLANGCI_LINT) $(BENCHSTAT) ## build the tools that the targets above need, in .tools/

clean: ## remove what the targets above made
	rm -rf bin .tools bench.txt

$(GOLANGCI_LINT):
	GOBIN=$(@D) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)

$(BENCHSTAT):
	GOBIN=$(@D) go install golang.org/x/perf/cmd/benchstat@$(BENCHSTAT_VERSION)

.PHONY: help build test race lint fmt cross fuzz clients bench bench-full microbench actalike-eval demo check vet tools clean
