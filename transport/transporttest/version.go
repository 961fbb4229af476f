package transporttest

// handleDefaults scripts what clients ask before anything else.
func (e *Engine) handleDefaults() {
	e.Handle("GET /_ping", e.ping())
	e.Handle("GET /version", JSON(200, e.versions("Engine")))
	if e.libpodVersion != "" {
		e.Handle("GET /libpod/_ping", e.ping())
		e.Handle("GET /version", JSON(200, e.versions("Podman Engine")))
		e.Handle("GET /libpod/version", JSON(200, e.versions("Podman Engine")))
	}
}

func (e *Engine) ping() Answer {
	return Text(200, "text/plain; charset=utf-8", "OK").
		Header("Api-Version", e.apiVersion).
		Header("Libpod-Api-Version", e.libpodVersion). // not there when it is empty
		Header("Docker-Experimental", "false").
		Header("Ostype", "linux").
		Header("Cache-Control", "no-cache, no-store, must-revalidate").
		Header("Pragma", "no-cache")
}

// versions is the document of /version, as far as clients look at it.
func (e *Engine) versions(component string) any {
	details := map[string]string{"ApiVersion": e.apiVersion, "MinAPIVersion": e.minAPIVersion}
	version := "transporttest"
	if e.libpodVersion != "" {
		details = map[string]string{"APIVersion": e.libpodVersion, "MinAPIVersion": "4.0.0"}
		version = e.libpodVersion
	}
	return map[string]any{
		"Version":       version,
		"ApiVersion":    e.apiVersion,
		"MinAPIVersion": e.minAPIVersion,
		"Os":            "linux",
		"Arch":          "amd64",
		"Components":    []any{map[string]any{"Name": component, "Version": version, "Details": details}},
	}
}
