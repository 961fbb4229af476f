package docker

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/internal/apiversion"
	"github.com/gantry-go/gantry/transport"
)

// Engine is an open engine. It implements [transport.Caller].
type Engine struct {
	client *transport.Client
	known  *known
	choice Choice
}

// known is what is known of an engine.
type known struct {
	info atomic.Pointer[Info]
	said atomic.Pointer[Info] // its versions, by the header of the last answer; nil before the first
}

// Info is what an engine says of itself.
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
	e := &Engine{client: client, known: new(known), choice: Choice{Host: client.Host(), Source: "the given host"}}
	info, err := fetchInfo(ctx, client)
	if err != nil {
		_ = client.Close()
		return nil, err
	}
	e.known.info.Store(&info)
	return e, nil
}

func newClient(host string, options []transport.Option) (*transport.Client, error) {
	return transport.New(host, append([]transport.Option{transport.WithEngine("docker")}, options...)...)
}

var opVersion = transport.Operation{Name: "SystemVersion", Method: http.MethodGet, Path: "/version"}

// fetchInfo asks without a version in the path, which every engine answers. A proxy before its socket may let a ping pass
// and no more: then what the answer's header says has to do.
func fetchInfo(ctx context.Context, c transport.Caller) (Info, error) {
	info, err := fetchVersion(ctx, c)
	if !isRefusal(err) {
		return info, err
	}
	ping, pingErr := transport.Headers[Ping](ctx, c, opPing.Request())
	if pingErr != nil {
		return Info{}, err
	}
	if info = infoOf(ping.APIVersion, ping.OSType, ping.Server); info.APIVersion == "" {
		return Info{}, err
	}
	return info, nil
}

// isRefusal reports whether somebody answered that the engine is not to be asked.
func isRefusal(err error) bool {
	e, ok := errors.AsType[*transport.Error](err)
	return ok && e.Status >= 400 && (e.Status < 500 || e.Status == http.StatusNotImplemented)
}

// infoOf is what the headers Api-Version, Ostype and Server say of the engine, which Docker and Podman put in all of their
// answers. Without a version of the API it is the zero value.
func infoOf(apiVersion, osType, server string) Info {
	if _, err := apiversion.Parse(apiVersion); err != nil {
		return Info{}
	}
	info := Info{APIVersion: apiVersion, OS: osType}
	product, rest, _ := strings.Cut(server, "/") // Docker/20.10.24 (linux)
	switch product {
	case "Docker":
		info.Name = "Engine"
	case "Libpod":
		info.Name = "Podman Engine"
	default:
		return info // a proxy's
	}
	info.Version, _, _ = strings.Cut(rest, " ")
	return info
}

func fetchVersion(ctx context.Context, c transport.Caller) (Info, error) {
	type component struct {
		Name string `json:"Name"`
	}
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
		return Info{}, err
	}
	info := Info{APIVersion: v.APIVersion, MinAPIVersion: v.MinAPIVersion, Version: v.Version, OS: v.OS, Arch: v.Arch}
	if len(v.Components) > 0 {
		info.Name = v.Components[0].Name
	}
	if _, err := apiversion.Parse(info.APIVersion); err != nil {
		return Info{}, opVersion.Request().Refuse(transport.ErrProtocol, err)
	}
	return info, nil
}

// Info returns what the engine said of itself: when it was opened, or later, when an answer came from one of another version.
// Behind a proxy that lets a ping pass and not the version, it is what a ping tells: APIVersion, Version, Name and OS.
func (e *Engine) Info() Info { return *e.known.info.Load() }

// notice asks the engine once more what it is if the header of an answer tells of other versions than that of the answer
// before: an engine that is replaced keeps its address.
func (e *Engine) notice(ctx context.Context, apiVersion, osType, server string) {
	now := infoOf(apiVersion, osType, server)
	if now.APIVersion == "" {
		return
	}
	before := e.known.said.Swap(&now)
	if before == nil {
		before = &Info{APIVersion: e.Info().APIVersion, Version: now.Version} // which /version may write otherwise
	}
	if now.APIVersion == before.APIVersion && now.Version == before.Version {
		return
	}
	info, err := fetchInfo(ctx, e.client)
	if err != nil {
		info = now
	}
	e.known.info.Store(&info)
}

// Host returns the engine's address, without anything secret.
func (e *Engine) Host() string { return e.client.Host() }

// Source returns what led to this engine: "DOCKER_HOST", `DOCKER_CONTEXT "colima"`, or the socket that was found.
func (e *Engine) Source() string { return e.choice.Source }

// Choice returns how it was decided to open this engine.
func (e *Engine) Choice() Choice { return e.choice }

// Do implements [transport.Caller]: it returns whatever the engine answers.
func (e *Engine) Do(ctx context.Context, r *transport.Request) (*http.Response, error) {
	if err := e.Info().offers(r); err != nil {
		return nil, err
	}
	resp, err := e.client.Do(ctx, r)
	if err == nil {
		e.notice(ctx, resp.Header.Get("Api-Version"), resp.Header.Get("Ostype"), resp.Header.Get("Server"))
	}
	return resp, err
}

// Hijack implements [transport.Caller].
func (e *Engine) Hijack(ctx context.Context, r *transport.Request) (*hijack.Conn, error) {
	if err := e.Info().offers(r); err != nil {
		return nil, err
	}
	return e.client.Hijack(ctx, r)
}

// OfferedVersions implements [transport.Versioned]: the engine offers Docker's API, "docker", and if it is a Podman
// libpod's, "podman", whose newest version is the engine's own.
func (e *Engine) OfferedVersions(api string) (oldest, newest string) {
	info := e.Info()
	switch {
	case api == "docker":
		return info.MinAPIVersion, info.APIVersion
	case api == "podman" && info.Name == "Podman Engine":
		return "", info.Version
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
	ping, err := transport.Headers[Ping](ctx, e.client, opPing.Request())
	if err == nil {
		e.notice(ctx, ping.APIVersion, ping.OSType, ping.Server)
	}
	return ping, err
}
