# Every target works with nothing but Go; what else one wants, it says.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.7.0
BENCHSTAT = golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da
FUZZTIME ?= 20s
BENCH ?= .
BENCHTIME ?= 200ms
COUNT ?= 6
PEERFLAGS ?=

export CGO_ENABLED = 0

# The platforms that make cross builds for: those with kernels of their own first, then those that run the portable one.
PLATFORMS = linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64 windows/arm64 freebsd/amd64 \
	linux/386 linux/arm linux/s390x linux/ppc64le linux/riscv64 linux/mips64 linux/loong64

TORTUREFLAGS ?=

.PHONY: build build-mpi cross dist test test-dist test-mpi test-kubernetes test-race test-arm64 lint api api-accept cover fuzz generate bench benchstat peer e2e torture exports generated

build: ## build bin/vaectl
	go build -trimpath -buildvcs=auto -o bin/vaectl ./cmd/vaectl

cross: ## compile for every supported platform
	@set -e; for platform in $(PLATFORMS); do \
		echo "$$platform"; \
		GOOS=$${platform%/*} GOARCH=$${platform#*/} go build -o /dev/null ./cmd/vaectl; \
	done

build-mpi: ## build bin/vaectl-mpi, which train --distributed wants (it loads an MPI library when it starts)
	go build -trimpath -tags mpi -o bin/vaectl-mpi ./cmd/vaectl

dist: ## a release in dist: archives, container images, bills of materials, checksums (DIST_PLATFORMS=linux/amd64,darwin/arm64 for some only)
	rm -rf dist
	cd internal/dev/dist && go run . -root ../../.. -out ../../../dist $(if $(DIST_PLATFORMS),-platforms $(DIST_PLATFORMS))

test-dist: ## how releases are packed, and two builds for this platform, which must give the same bytes
	cd internal/dev/dist && go vet . && go test -count 1 -timeout 20m .

test: ## unit, property and command-line tests, and the library used from another module
	go test ./...
	cd internal/dev/outside && go test -mod=mod ./...

test-race: ## the same under the race detector (wants a C compiler)
	CGO_ENABLED=1 go test -race ./...

test-arm64: ## the kernels for arm64, under qemu-aarch64-static
	GOARCH=arm64 go test -c -o bin/kernel.arm64.test ./internal/compute/kernel
	cd internal/compute/kernel && qemu-aarch64-static ../../../bin/kernel.arm64.test -test.short
	GOARCH=arm64 go test -c -o bin/conv.arm64.test ./internal/compute/conv
	cd internal/compute/conv && qemu-aarch64-static ../../../bin/conv.arm64.test -test.short

test-mpi: ## ranks of Open MPI and MPICH, where they are installed
	go vet -tags mpi ./internal/compute/comm
	go test -tags mpi ./internal/compute/comm

test-kubernetes: ## the manifests for clusters, against the types of Kubernetes and of the MPI Operator
	cd internal/sweep/kubernetes && go vet . && go test .

lint: api generated ## formatting, vet, staticcheck, import layering, the exported API, generated code
	@unformatted=$$(gofmt -l .); if [ -n "$$unformatted" ]; then echo "not formatted:"; echo "$$unformatted"; exit 1; fi
	go vet ./...
	go run $(STATICCHECK) ./...
	go run ./internal/dev/layering

api: ## whether the exported API of the library is the described one (internal/dev/api/exported)
	cd internal/dev/api && go vet . && go test . && go run . -module ../../.. -described exported

api-accept: ## describe the exported API anew, after a change that is meant
	cd internal/dev/api && go run . -module ../../.. -described exported -accept

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

torture: ## kills, failing calls and flipped bits, a quarter of an hour (wants strace); TORTUREFLAGS='-seed 2 -kills 1000 -errors 400 -flips 4000'
	go test -tags torture -count 1 -timeout 0 -v -run '^TestTorture' ./cmd/vaectl $(TORTUREFLAGS)

e2e: ## the explorer in headless Chromium (wants chromium), and under 64 clients for 10 s; VAECTL_SHOTS=DIR keeps the screenshots there
	VAECTL_LOAD_SECONDS=10 go test -count 1 -v -run '^TestManyClients$$' ./internal/show/explorer
	cd internal/show/explorer/e2e && go vet . && go test -count 1 -v ./...

exports: ## how far exported models are from vaectl in other programs, as a table (PYTHON has onnxruntime and torch, ONNXRUNTIME_WEB names that npm package)
	@measured=$$(mktemp -d); VAECTL_DIFFERENCES=$$measured go test -count 1 ./internal/export/onnx ./internal/export/torch ./internal/export/page >&2 && \
		go run ./internal/dev/exporttest/table $$measured; rm -r $$measured

generate: ## the assembly kernels, from their generator
	go generate ./internal/compute/kernel

generated: ## whether the assembly kernels are what their generator writes
	@copy=$$(mktemp -d); cp -r internal/compute/kernel $$copy && (cd $$copy/kernel && go generate *.go) && \
		diff -rq internal/compute/kernel $$copy/kernel; differs=$$?; rm -r $$copy; exit $$differs

# A change in speed: make -s bench >old.txt, change the code, make -s bench >new.txt, make benchstat OLD=old.txt NEW=new.txt.
# Both on the same quiet machine; BENCH=Gemm/avx512 measures only those.
bench: ## every kernel and the step as Go benchmarks, in benchstat's form
	go test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -count $(COUNT) -timeout 0 ./internal/compute/kernel ./vae

benchstat: ## what changed between the benchmarks in OLD and in NEW
	go run $(BENCHSTAT) $(OLD) $(NEW)

peer: ## the same steps in vaectl, PyTorch and JAX, in turn (wants a Python with PyTorch and, if it can be, JAX: PYTHON=...; PEERFLAGS=-h tells more)
	go run ./internal/dev/peer $(PEERFLAGS)
