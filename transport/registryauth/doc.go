// Package registryauth gives an engine the credentials of a registry: those that docker login and podman login left,
// those of credential helpers, or your own.
//
//	imgs := images.New(engine)
//	pull, err := imgs.Create(ctx, nil, &images.CreateOptions{
//		FromImage: "registry.example/app", Tag: "v1", RegistryAuth: registryauth.Default(),
//	})
//
// A [Keyring] is asked when the call is made. It finds out which registry the call is about, as the engine will, and
// hands over that registry's credential and no other's; where it has none, nothing is sent. A name that is no reference
// to an image in a registry is an error, and nothing is sent.
//
// A short name with Podman's API, such as "busybox", is the one exception: the engine's own configuration decides which
// registries it is looked for in, and the client cannot know. Podman is then given all credentials that are listed, as by
// podman --remote for every name, each bound to its registry. Write the name in full, "docker.io/library/busybox", to
// give one; or limit the keyring by [Keyring.Only].
//
// A file that cannot be read and a helper that is missing or fails are errors of the call, of class
// [transport.ErrCredentials], and nothing is sent then either. [Default], [Docker], [Podman] and [File] read what the command lines read; [New] makes a keyring of
// providers of yours, such as a vault. A build takes a keyring as RegistryConfig, for all registries that it may meet.
//
// A fixed credential is a header:
//
//	auth := registryauth.Credential{Username: "alice", Password: password, ServerAddress: "registry.example:5000"}
//	push, err := imgs.Push(ctx, "registry.example:5000/app", &images.PushOptions{RegistryAuth: auth.Header()})
//
// A header goes to whichever registry the engine asks: it is the caller's choice to send it. So does the credential of
// a keyring where the engine's own configuration leads elsewhere (mirrors, another default registry), save that with
// Podman's API it is bound to its registry.
//
// # A credential that has run out
//
// When the engine answers 401, a keyring is asked once more, with [Query.Refused] set, and the request is sent again if
// the credential is another one by then. That is so for pulls from Docker 28, and from Podman 5 on by Docker's API, and
// for distribution inspect of every Docker. Other Docker engines answer a refused pull with 500, and
// every push, Podman's own API and Podman 4 report the refusal inside the stream: these are errors of the call. A body
// that was read while it was sent, as a build's, is never sent again.
//
// # Helpers
//
// A credential helper is a program docker-credential-NAME, found in PATH and never in the current directory, and run
// without a shell. It has ten seconds and a mebibyte for its answer. What it writes is in no error.
//
// Everything here prints as a placeholder, with every verb of fmt, in slog and in JSON; only headers hold secrets, and
// they are [transport.Secret]. All of it is safe for concurrent use.
package registryauth
