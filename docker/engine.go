package docker

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/internal/apiversion"
	"github.com/gantry-go/gantry/transport"
)

// Engine is an open engine. It implements [transport.Caller].
type Engine struct {
	client *transport.Client
	info   Info
	libpod component // of Podman, or empty
	choice Choice
}

// Info is what an engine said of itself when it was opened.
type Info struct {
	// APIVersion and MinAPIVersion are the newest and the oldest API version that the engine offers. Engines
	// before 1.12 name no oldest; it is empty then.
	APIVersion, MinAPIVersion string
	// Version is the engine's own version, "20.10.24".
	Version string
	// Name is the engine's name, "Engine" for Docker's, "Podman Engine" for Podman's.
	Name string
	// OS and Arch are the engine's platform in Go's terms: "linux", "amd64".
	OS, Arch string
}

// OpenHost opens the engine at host: unix:///path, tcp://host:port, http://host:port or https://host:port; with the options
// of packages transport/ssh and transport/npipe also ssh://user@host/path and npipe:////./pipe/name. tcp speaks TLS when
// [transport.WithTLSFiles] or [transport.WithTLS] is given. The caller closes the engine.
func OpenHost(ctx context.Context, host string, options ...transport.Option) (*Engine, error) {
	client, err := newClient(host, options)
	if err != nil {
		return nil, err
	}
	e := &Engine{client: client, choice: Choice{Host: client.Host(), Source: "the given host"}}
	if e.info, e.libpod, err = fetchInfo(ctx, client); err != nil {
		_ = client.Close()
		return nil, err
	}
	return e, nil
}

func newClient(host string, options []transport.Option) (*transport.Client, error) {
	return transport.New(host, append([]transport.Option{transport.WithEngine("docker")}, options...)...)
}

var opVersion = transport.Operation{Name: "SystemVersion", Method: http.MethodGet, Path: "/version"}

// component is a part of an engine. That of Podman says which versions of libpod's API it offers.
type component struct {
	Name    string `json:"Name"`
	Details struct {
		APIVersion    string `json:"APIVersion"`
		MinAPIVersion string `json:"MinAPIVersion"`
	} `json:"Details"`
}

// fetchInfo asks without a version in the path, which every engine answers.
func fetchInfo(ctx context.Context, c transport.Caller) (info Info, libpod component, err error) {
	type version struct {
		APIVersion    string      `json:"ApiVersion"`
		MinAPIVersion string      `json:"MinAPIVersion"`
		Version       string      `json:"Version"`
		OS            string      `json:"Os"`
		Arch          string      `json:"Arch"`
		Components    []component `json:"Components"`
	}
	v, err := transport.Object[version](ctx, c, opVersion.Request(), "ApiVersion")
	if err != nil {
		return Info{}, component{}, err
	}
	info = Info{APIVersion: v.APIVersion, MinAPIVersion: v.MinAPIVersion, Version: v.Version, OS: v.OS, Arch: v.Arch}
	if len(v.Components) > 0 {
		info.Name = v.Components[0].Name
	}
	for _, part := range v.Components {
		if part.Name == "Podman Engine" {
			libpod = part
		}
	}
	if _, err := apiversion.Parse(info.APIVersion); err != nil {
		return Info{}, component{}, opVersion.Request().Refuse(transport.ErrProtocol, err)
	}
	return info, libpod, nil
}

// Info returns what the engine said of itself when it was opened.
func (e *Engine) Info() Info { return e.info }

// Host returns the engine's address, without anything secret.
func (e *Engine) Host() string { return e.client.Host() }

// Source returns what led to this engine: "DOCKER_HOST", `DOCKER_CONTEXT "colima"`, or the socket that was found.
func (e *Engine) Source() string { return e.choice.Source }

// Choice returns how it was decided to open this engine.
func (e *Engine) Choice() Choice { return e.choice }

// Do implements [transport.Caller]: it returns whatever the engine answers.
func (e *Engine) Do(ctx context.Context, r *transport.Request) (*http.Response, error) {
	if err := e.info.offers(r); err != nil {
		return nil, err
	}
	return e.client.Do(ctx, r)
}

// Hijack implements [transport.Caller].
func (e *Engine) Hijack(ctx context.Context, r *transport.Request) (*hijack.Conn, error) {
	if err := e.info.offers(r); err != nil {
		return nil, err
	}
	return e.client.Hijack(ctx, r)
}

// OfferedVersions implements [transport.Versioned]: the engine offers Docker's API, "docker", and if it is a Podman
// libpod's, "podman".
func (e *Engine) OfferedVersions(api string) (oldest, newest string) {
	switch api {
	case "docker":
		return e.info.MinAPIVersion, e.info.APIVersion
	case "podman":
		return e.libpod.Details.MinAPIVersion, e.libpod.Details.APIVersion
	}
	return "", ""
}

// Format writes the engine's address, whatever the verb.
func (e *Engine) Format(f fmt.State, verb rune) { e.client.Format(f, verb) }

// Close ends every call and stream of the engine's and closes its connections. It may be called more than once.
func (e *Engine) Close() error { return e.client.Close() }

// Ping is what an engine answers to a ping, all of it in headers. What it does not send is empty.
type Ping struct {
	// APIVersion is the newest API version that the engine offers.
	APIVersion string `header:"Api-Version"`
	// BuilderVersion is the builder that the engine prefers: "1" the classic one, "2" BuildKit.
	BuilderVersion string `header:"Builder-Version"`
	// OSType is the platform of its containers: "linux", "windows".
	OSType string `header:"Ostype"`
	// Server names the engine, its version and platform.
	Server string `header:"Server"`
	// Swarm is the node's state and role, "active/manager", since API 1.42.
	Swarm string `header:"Swarm"`
	// Experimental says that experimental features are on.
	Experimental bool `header:"Docker-Experimental"`
}

var opPing = transport.Operation{Name: "Ping", Method: http.MethodGet, Path: "/_ping"}

// Ping asks whether the engine answers, without a version in the path.
func (e *Engine) Ping(ctx context.Context) (*Ping, error) {
	return transport.Headers[Ping](ctx, e.client, opPing.Request())
}
