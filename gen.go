// Package gantry is the root of a typed SDK for container engines and holds no code.
//
// Begin with package docker, which opens an engine, and with a package below docker/v141, which calls its operations:
//
//	engine, err := docker.Open(ctx)
//	list, err := containers.New(engine).List(ctx, nil)
//
// Everything below docker/v* is generated from the facts of the published API; package transport is what it runs on.
// Package catalog has the same operations as data.
package gantry

//go:generate go run -C cmd/specgen . generate
