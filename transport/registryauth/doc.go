// Package registryauth makes the headers by which an engine learns the credentials of a registry.
//
// X-Registry-Auth carries one [Credential], for pull, push and their like; X-Registry-Config carries a [Config], one
// credential for each registry that a build may pull from:
//
//	auth := registryauth.Credential{Username: "alice", Password: password, ServerAddress: "registry.example:5000"}
//	images.New(engine).Push(ctx, "registry.example:5000/app", &images.PushOptions{RegistryAuth: auth.Header()})
//
// Everything here prints as [redacted], with every verb of fmt, in slog and in JSON; only Header encodes, for the engine.
// It reads no files and runs no helpers. Values are safe for concurrent use, as values are.
package registryauth
