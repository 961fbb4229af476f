// Package docker finds and opens a Docker engine, or another that speaks its API, such as Podman on its compatible
// socket.
//
// [Open] goes by the environment, the docker contexts and the usual sockets, as the docker command line does;
// [OpenContext] takes a context's name, [OpenHost] an address. Each asks the engine which API versions it offers and
// returns an [Engine], the [transport.Caller] for the generated packages below this one:
//
//	engine, err := docker.Open(ctx)
//	defer engine.Close()
//	list, err := containers.New(engine).List(ctx, nil) // docker/v141/containers
//
// An operation of an API version that the engine does not offer is refused before it is sent, with a [VersionError].
// An Engine is safe for concurrent use. Close it to end every call and stream that it carries.
package docker
