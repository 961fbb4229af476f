// Package gantry is the root of a typed SDK for container engines and holds no code.
//
// Begin with package docker or podman, which opens an engine, and with a package below docker/v141 or podman/v43, which
// calls its operations:
//
//	engine, err := docker.Open(ctx)
//	list, err := containers.New(engine).List(ctx, nil)
//
// Everything below docker/v* and podman/v* is generated from the facts of the published APIs; package transport is what
// it runs on. Package catalog has the same operations as data.
package gantry

//go:generate go run -C cmd/specgen . generate
