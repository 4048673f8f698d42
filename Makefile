# What CI does is scripts/check, all of it. The targets here are short names for that and for what CI leaves out.

FUZZTIME ?= 30s
BENCH    ?= .
COUNT    ?= 1
COVER    ?= ./...
TESTS    ?= $(COVER)
GREMLINS := v0.6.0

.DEFAULT_GOAL := help
.PHONY: help check fmt tidy build lint layers papers api test cover mutate hooks bench pairs figures words fuzz clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "%-8s %s\n", $$1, $$2}' Makefile

check: ## everything that CI checks
	@scripts/check

test: ## README's test command: all modules, with the race detector
	go test -race -timeout 20m -gcflags=modernc.org/...=-d=checkptr=0 work

fmt: ## fail on sources that gofmt would change
	@scripts/check fmt

tidy: ## fail on a go.mod that says too much or too little
	@scripts/check tidy

build: ## build and vet each module alone, as in a user's program
	@scripts/check build

lint: ## staticcheck and golangci-lint (built into bin/ the first time)
	@scripts/check staticcheck golangci

layers: ## who may import whom, whose clock, which tests look for leaks
	GOWORK=off go test -count=1 . ./internal/checks

api: ## write what programs can use, and what each package brings along, into api/
	GOWORK=off go test ./internal/checks -run 'API|Deps' -update
	git diff --stat -- api

papers: ## write the plan of the rooms into docs/architecture.md
	GOWORK=off go test . -run Paper -update

bench: ## benchmarks; BENCH=pattern, COUNT=10 for `go tool -modfile=tools.mod benchstat`
	go test -run='^$$' -bench='$(BENCH)' -benchmem -count=$(COUNT) work

pairs: ## benchmarks beside those of BASE=commit, in turns; BENCH=pattern, and PAIRS, BENCHTIME, MOVED: see scripts/pairs
	@scripts/pairs '$(BASE)' '$(BENCH)'

figures: ## the size and shape of this house beside its models: a mirror, no gate
	@GOWORK=off go run ./internal/figures

words: ## the words in names that no model has, and where docs/words.md differs from them
	@GOWORK=off go run ./internal/figures -words

cover: ## functions of COVER=./... that the tests of TESTS=./... do not reach wholly
	@mkdir -p bin
	go test -coverprofile=bin/cover -coverpkg=$(COVER) $(TESTS)
	@go tool cover -func=bin/cover | awk '$$3 != "100.0%"'

mutate: ## break PKG=./folder a little in each place, and list what no test of that package noticed
	@test -n "$(PKG)" || { echo "say which: make mutate PKG=./trading/book" >&2; exit 2; }
	GOWORK=off go run github.com/go-gremlins/gremlins/cmd/gremlins@$(GREMLINS) unleash $(PKG) --workers 2 --timeout-coefficient 20 -S lv

hooks: ## have git run scripts/hooks before each commit: format, and vet of what is staged
	git config core.hooksPath scripts/hooks

fuzz: ## each fuzz test for FUZZTIME (30s)
	@scripts/fuzz $(FUZZTIME)

clean: ## remove the tools in bin/
	rm -rf bin
