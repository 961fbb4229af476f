package transport

// Versioned is a [Caller] that knows which versions of an API its engine offers. docker.Engine and podman.Engine are, and
// so is what [With] and [Restrict] return. A wrapper of your own, written as one method, is:
//
//	func (w wrapper) OfferedVersions(api string) (oldest, newest string) { return transport.OfferedVersions(w.Caller, api) }
//
// Packages that work with any version, such as docker/process, choose theirs by it. From a caller that is none they ask the
// engine's version, which costs a call.
type Versioned interface {
	Caller
	// OfferedVersions returns the oldest and the newest version of an API, "docker" or "podman". Both are empty where
	// the engine is not known to offer the API, and oldest is where the engine names none.
	OfferedVersions(api string) (oldest, newest string)
}

// OfferedVersions returns which versions of an API, "docker" or "podman", the engine behind c offers. Both are empty where
// c is no [Versioned], or does not know.
func OfferedVersions(c Caller, api string) (oldest, newest string) {
	if v, ok := c.(Versioned); ok {
		return v.OfferedVersions(api)
	}
	return "", ""
}
