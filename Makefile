# make test: all tests with the race detector.   make lint: gofmt, go vet, staticcheck.
# make fuzz: each fuzz target for FUZZTIME.      make build: bin/silly.

GO       ?= go
FUZZTIME ?= 20s

.PHONY: build test lint fuzz

build:
	$(GO) build -o bin/silly ./cmd/silly

test:
	$(GO) test -race -timeout 15m ./...

lint:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...

fuzz:
	@set -e; for target in $$(grep -rhoE '^func Fuzz[A-Za-z0-9]+' --include='*_test.go' internal/ws | sed 's/func //'); do \
		$(GO) test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x ./internal/ws; \
	done
