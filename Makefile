# make test: all tests with the race detector, and the examples of the documentation.   make lint: gofmt, go vet, staticcheck, silly fmt and check.
# make test-norace: the tests of what the race detector changes. With it small writes take another way to the kernel, which it
# can see (internal/netconn/writesmall_*.go; all connections lie on netconn), and sync.Pool drops some of what it is given, so
# that allocations cannot be counted (internal/ws).
# make test-portable: the tests of connections as on systems without epoll, where a goroutine reads ahead of each connection.
# make deps: what go.mod asks for, with versions and the reasons of docs/design.md; the two must agree.
# make build: bin/silly, static and without symbols for debuggers; tracebacks need none.
# make fuzz: each fuzz target for FUZZTIME. (A target that fails runs once more: what it found is
# among its seeds then. go test can fail at the end of its time without having found anything, golang/go#75804.)
# make fuzz-lua: random Lua programs on silly and on lua5.4 until it is stopped; FUZZFLAGS='-n 2000 -seed 1' and other flags
# of internal/lua/difftest/cmd/luafuzz.
# make bench: the tables of docs/performance.md. bench-servers: BENCHFLAGS are flags of internal/bench/cmd/bench.
# bench-lua: LUABENCHFLAGS are flags of internal/bench/cmd/luabench. BENCHFLAGS=-quick is for both.
# make pgo: writes cmd/silly/default.pgo from the benchmark, for go build to use. None is committed: docs/performance.md says why.

GO       ?= go
FUZZTIME ?= 20s

NORACE := ./internal/netconn ./internal/ws ./internal/wsconn ./internal/wsconformance ./modules/...

PORTABLE := ./internal/poll ./internal/netconn ./internal/httpserver $(filter-out ./internal/netconn ./internal/ws,$(NORACE))

.PHONY: build test test-norace test-portable lint deps fuzz fuzz-lua bench bench-servers bench-lua pgo

build:
	CGO_ENABLED=0 $(GO) build -ldflags="-s -w" -o bin/silly ./cmd/silly

test:
	$(GO) test -race -timeout 15m ./...
	$(GO) run ./cmd/silly validate --allow-os README.md docs

test-norace:
	$(GO) test -timeout 10m $(NORACE)

test-portable:
	$(GO) test -tags portable -timeout 10m $(PORTABLE)

lint:
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "gofmt would change:"; echo "$$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	@$(GO) run ./cmd/silly fmt --check scripts
	@$(GO) run ./cmd/silly check --docs scripts docs README.md

deps:
	@$(GO) run ./internal/deps/cmd/deps

fuzz:
	@set -e; grep -roE '^func Fuzz[A-Za-z0-9]+' --include='*_test.go' . | sed 's|/[^/]*:func | |' | while read -r folder target; do \
		fuzz="$(GO) test -run ^$$ -fuzz ^$$target$$ -fuzztime $(FUZZTIME) -fuzzminimizetime 10x $$folder"; \
		$$fuzz || $$fuzz; \
	done

fuzz-lua:
	$(GO) run ./internal/lua/difftest/cmd/luafuzz -n 0 $(FUZZFLAGS)

bench: bench-servers bench-lua

bench-servers:
	$(GO) run ./internal/bench/cmd/bench $(BENCHFLAGS)
	$(GO) test -run '^$$' -bench . ./internal/bench ./modules/json

bench-lua:
	$(GO) run ./internal/bench/cmd/luabench $(filter -quick,$(BENCHFLAGS)) $(LUABENCHFLAGS)

pgo:
	@set -e; dir=$$(mktemp -d); trap 'rm -rf "$$dir"' EXIT; \
		$(GO) run ./internal/bench/cmd/bench -only silly -rounds 1 -time 10s -cpuprofile "$$dir" \
			-run '^(echo-64x1|echo-64x16|http|broadcast)$$'; \
		$(GO) tool pprof -proto "$$dir"/*.cpu > "$$dir/merged"; \
		mv "$$dir/merged" cmd/silly/default.pgo
