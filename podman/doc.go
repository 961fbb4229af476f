// Package podman finds and opens a Podman engine and speaks libpod's API with it, which is Podman's own.
//
// [Open] goes by the environment, the podman connections and the usual sockets, as the podman command line does;
// [OpenConnection] takes a connection's name, [OpenHost] an address. Each asks the engine which versions of the API it
// offers and returns an [Engine], the [transport.Caller] for the generated packages below this one:
//
//	engine, err := podman.Open(ctx)
//	defer engine.Close()
//	list, err := containers.New(engine).List(ctx, nil) // podman/v43/containers
//
// The same socket speaks Docker's API, too; an Engine carries the operations of the packages below docker as well.
//
// An operation of an API version that the engine does not offer is refused before it is sent, with a [VersionError].
// An Engine is safe for concurrent use. Close it to end every call and stream that it carries.
package podman
