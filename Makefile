# gantry: see CONTRIBUTING.md. The work is done by the scripts of scripts/, which can be run by themselves.
#
# ENGINE=docker|podman    the engine of `make demo`, by Docker's API; ENGINE=podman-libpod is Podman by its own
# REGISTRY=host:port      a registry for it, with REGISTRY_USER and REGISTRY_PASSWORD

SHELL := bash
ENGINE ?= docker
export ENGINE REGISTRY REGISTRY_USER REGISTRY_PASSWORD

.PHONY: help demo test test-engines check generate api lint format engines engines-stop

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1|\2/' | while IFS='|' read -r name text; do printf '  make %-14s %s\n' "$$name" "$$text"; done

demo: ## take the tour of a real engine: the one that runs here, or one started for it (ENGINE=podman, podman-libpod)
	@scripts/demo.sh

test: ## run all tests, on engines that they install and start
	@scripts/test.sh

test-engines: ## run the smoke on every engine that can be had, fetching what is missing
	@scripts/test-engines.sh

check: ## format, vet, lint, generator drift, tidy modules, then all tests
	@scripts/check.sh

generate: ## write docker/v* anew
	go generate ./...

api: ## add an API version: make api ENGINE=docker VERSION=1.57 SPEC=path-or-URL
	@test -n "$(VERSION)" -a -n "$(SPEC)" || { echo "usage: make api ENGINE=docker VERSION=1.57 SPEC=path-or-URL"; exit 2; }
	go run -C cmd/specgen . api -engine $(ENGINE) -version $(VERSION) $(if $(wildcard $(SPEC)),$(abspath $(SPEC)),$(SPEC))

lint: ## vet and golangci-lint
	@scripts/lint.sh

format: ## format all Go files as `make check` wants them
	@scripts/lint.sh format

engines: ## start private engines and print the environment that makes tests use them
	@scripts/engines.sh

engines-stop: ## stop the engines of `make engines`
	@scripts/engines.sh stop
