#!/usr/bin/env bash
# Writes the facts of the engines' releases anew, each from its Go module: the newest release of an API version that
# there is a module of.
set -euo pipefail
cd "$(dirname "$0")"
while read -r version module; do
	echo "docker $version"
	go run ./facts -pairs testdata/docker.pairs -module "$module" -o "testdata/docker-$version.json"
done <<-END
	1.26 github.com/docker/docker@v1.13.1
	1.35 github.com/docker/docker@v17.12.1-ce+incompatible
	1.41 github.com/docker/docker@v20.10.27+incompatible
	1.42 github.com/docker/docker@v23.0.15+incompatible
	1.43 github.com/docker/docker@v24.0.9+incompatible
	1.44 github.com/docker/docker@v25.0.13+incompatible
	1.45 github.com/docker/docker@v26.1.5+incompatible
	1.46 github.com/docker/docker@v27.1.2+incompatible
	1.47 github.com/docker/docker@v27.5.1+incompatible
	1.48 github.com/docker/docker@v28.0.4+incompatible
	1.49 github.com/docker/docker@v28.1.1+incompatible
	1.50 github.com/docker/docker@v28.2.2+incompatible
	1.51 github.com/docker/docker@v28.5.2+incompatible
	1.52 github.com/moby/moby/api@v1.52.0
	1.53 github.com/moby/moby/api@v1.53.0
	1.54 github.com/moby/moby/api@v1.54.2
	1.55 github.com/moby/moby/api@v1.55.0
	1.56 github.com/moby/moby/api@v1.56.1
END
while read -r version module; do
	echo "podman $version"
	go run ./facts -spec "../../testdata/specs/podman/v$version.json" -module "$module" -o "testdata/podman-$version.json" \
		-handlers "../../testdata/handlers/podman/v$version.json"
	go run ./facts -module "$module" -routers "testdata/routers/podman-$version.txt"
done <<-END
	3.1 github.com/containers/podman/v3@v3.1.2
	3.2 github.com/containers/podman/v3@v3.2.3
	3.3 github.com/containers/podman/v3@v3.3.1
	3.4 github.com/containers/podman/v3@v3.4.7
	4.0 github.com/containers/podman/v4@v4.0.3
	4.1 github.com/containers/podman/v4@v4.1.1
	4.2 github.com/containers/podman/v4@v4.2.1
	4.3 github.com/containers/podman/v4@v4.3.1
	4.4 github.com/containers/podman/v4@v4.4.4
	4.5 github.com/containers/podman/v4@v4.5.1
	4.6 github.com/containers/podman/v4@v4.6.2
	4.7 github.com/containers/podman/v4@v4.7.2
	4.8 github.com/containers/podman/v4@v4.8.3
	4.9 github.com/containers/podman/v4@v4.9.5
	5.0 github.com/containers/podman/v5@v5.0.3
	5.1 github.com/containers/podman/v5@v5.1.2
	5.2 github.com/containers/podman/v5@v5.2.5
	5.3 github.com/containers/podman/v5@v5.3.2
	5.4 github.com/containers/podman/v5@v5.4.2
	5.5 github.com/containers/podman/v5@v5.5.2
	5.6 github.com/containers/podman/v5@v5.6.2
	5.7 github.com/containers/podman/v5@v5.7.1
	5.8 github.com/containers/podman/v5@v5.8.2
	6.0 go.podman.io/podman/v6@v6.0.0
END
# Releases of the daemon itself: the newest API versions have modules without it.
while read -r version module; do
	go run ./facts -module "$module" -routers "testdata/routers/docker-$version.txt"
done <<-END
	1.26 github.com/docker/docker@v1.13.1
	1.35 github.com/docker/docker@v17.12.1-ce+incompatible
	1.41 github.com/docker/docker@v20.10.27+incompatible
	1.42 github.com/docker/docker@v23.0.15+incompatible
	1.43 github.com/docker/docker@v24.0.9+incompatible
	1.44 github.com/docker/docker@v25.0.13+incompatible
	1.45 github.com/docker/docker@v26.1.5+incompatible
	1.47 github.com/docker/docker@v27.5.1+incompatible
	1.48 github.com/docker/docker@v28.0.4+incompatible
	1.50 github.com/docker/docker@v28.2.2+incompatible
	1.51 github.com/docker/docker@v28.5.2+incompatible
	1.55 github.com/moby/moby/v2@v2.0.0-beta.24
END
