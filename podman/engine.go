package podman

import (
	"context"
	"errors"
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
	choice Choice
}

// Info is what an engine said of itself when it was opened.
type Info struct {
	// APIVersion and MinAPIVersion are the newest and the oldest version of libpod's API that the engine offers:
	// "4.3.1", "4.0.0".
	APIVersion, MinAPIVersion string
	// Version is the engine's own version, "4.3.1".
	Version string
	// DockerAPIVersion and DockerMinAPIVersion are the newest and the oldest version of Docker's API that the
	// engine offers beside its own: "1.41", "1.24".
	DockerAPIVersion, DockerMinAPIVersion string
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
	if e.info, err = fetchInfo(ctx, client); err != nil {
		_ = client.Close()
		return nil, err
	}
	return e, nil
}

func newClient(host string, options []transport.Option) (*transport.Client, error) {
	return transport.New(host, append([]transport.Option{transport.WithEngine("podman")}, options...)...)
}

// libpod has no path for its version that is not below a version; this one is Docker's, and says both.
var opVersion = transport.Operation{Name: "SystemVersion", Method: http.MethodGet, Path: "/version"}

var errNoPodman = errors.New("the engine does not speak libpod's API: it names no component Podman Engine")

func fetchInfo(ctx context.Context, c transport.Caller) (Info, error) {
	type details struct {
		APIVersion    string `json:"APIVersion"`
		MinAPIVersion string `json:"MinAPIVersion"`
	}
	type component struct {
		Name    string  `json:"Name"`
		Version string  `json:"Version"`
		Details details `json:"Details"`
	}
	type version struct {
		APIVersion    string      `json:"ApiVersion"`
		MinAPIVersion string      `json:"MinAPIVersion"`
		OS            string      `json:"Os"`
		Arch          string      `json:"Arch"`
		Components    []component `json:"Components"`
	}
	v, err := transport.Object[version](ctx, c, opVersion.Request())
	if err != nil {
		return Info{}, err
	}
	for _, part := range v.Components {
		if part.Name != "Podman Engine" {
			continue
		}
		info := Info{
			APIVersion: part.Details.APIVersion, MinAPIVersion: part.Details.MinAPIVersion, Version: part.Version,
			DockerAPIVersion: v.APIVersion, DockerMinAPIVersion: v.MinAPIVersion, OS: v.OS, Arch: v.Arch,
		}
		if _, err := apiversion.Parse(info.APIVersion); err != nil {
			return Info{}, opVersion.Request().Refuse(transport.ErrProtocol, err)
		}
		return info, nil
	}
	return Info{}, opVersion.Request().Refuse(transport.ErrVersion, errNoPodman)
}

// Info returns what the engine said of itself when it was opened.
func (e *Engine) Info() Info { return e.info }

// Host returns the engine's address, without anything secret.
func (e *Engine) Host() string { return e.client.Host() }

// Source returns what led to this engine: "CONTAINER_HOST", `CONTAINER_CONNECTION "build"`, or the socket that was found.
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

// OfferedVersions implements [transport.Versioned]: the engine offers libpod's API, "podman", and Docker's, "docker".
func (e *Engine) OfferedVersions(api string) (oldest, newest string) {
	switch api {
	case "podman":
		return e.info.MinAPIVersion, e.info.APIVersion
	case "docker":
		return e.info.DockerMinAPIVersion, e.info.DockerAPIVersion
	}
	return "", ""
}

// Format writes the engine's address, whatever the verb.
func (e *Engine) Format(f fmt.State, verb rune) { e.client.Format(f, verb) }

// Close ends every call and stream of the engine's and closes its connections. It may be called more than once.
func (e *Engine) Close() error { return e.client.Close() }

// Ping is what an engine answers to a ping, all of it in headers. What it does not send is empty.
type Ping struct {
	// APIVersion is the newest version of libpod's API that the engine offers.
	APIVersion string `header:"Libpod-Api-Version"`
	// DockerAPIVersion is the newest version of Docker's API that the engine offers.
	DockerAPIVersion string `header:"Api-Version"`
	// BuildahVersion is that of Buildah, by which the engine builds.
	BuildahVersion string `header:"Libpod-Buildah-Version"`
	// Server names the engine, its version and platform.
	Server string `header:"Server"`
}

var opPing = transport.Operation{Name: "Ping", Method: http.MethodGet, Path: "/libpod/_ping"}

// Ping asks whether the engine answers, without a version in the path.
func (e *Engine) Ping(ctx context.Context) (*Ping, error) {
	return transport.Headers[Ping](ctx, e.client, opPing.Request())
}
