# Everyday commands. `make` shows them.

.PHONY: help build test fmt check demo snapshots bench packages ci clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build the program into this folder
	go build -o posthog-org-mcp .

test: ## run all tests; no network, account or service is needed
	go test ./...

fmt: ## format the code
	gofmt -w $$(git ls-files --cached --others --exclude-standard '*.go')

check: ## the quick half of what CI runs
	.ci/run format vet staticcheck tidy

demo: ## play an administrator's day against the sandbox
	go run . demo

snapshots: ## write the tools' schema snapshots and what is generated from them anew
	go test ./tools -run 'Snapshot|KeptSchemas' -update
	go test . -run README -update
	go test ./tokens -run Budget -update
	go test ./cli -run ToolReference -update
	go test ./tools -run Errors -update
	go test ./conversations -update
	go test ./deploy -run Bundle -update

bench: ## measure start, list, memory and calls
	go run ./bench

packages: ## build all that a release consists of into dist, as a snapshot
	deploy/build

ci: ## everything that CI runs
	.ci/run

clean: ## remove what was built
	rm -rf posthog-org-mcp posthog-org-mcp.exe dist deploy/out
