module github.com/gantry-go/gantry

go 1.26

require (
	github.com/distribution/reference v0.6.0
	github.com/go-json-experiment/json v1.27.2
)

require github.com/opencontainers/go-digest v1.0.0 // indirect
