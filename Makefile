# Every target works with nothing but Go; what else one wants, it says.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.7.0
FUZZTIME ?= 20s

export CGO_ENABLED = 0

.PHONY: build test test-race lint cover fuzz generate

build: ## build bin/vaectl
	go build -trimpath -o bin/vaectl ./cmd/vaectl

test: ## unit, property and command-line tests
	go test ./...

test-race: ## the same under the race detector (wants a C compiler)
	CGO_ENABLED=1 go test -race ./...

lint: ## formatting, vet, staticcheck, import layering
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not formatted:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	go run ./internal/layering

cover: ## test coverage, by package
	go test -coverprofile=cover.out ./...
	go tool cover -func=cover.out | tail -n 1

fuzz: ## every fuzz target for FUZZTIME
	@set -e; for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

generate: ## the assembly kernels, from their generator
	cd internal/kernel/gen && go run .
