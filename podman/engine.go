package podman

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
	return transport.New(host, append([]transport.Option{transport.WithEngine("podman")}, options...)...)
}

// libpod has no path for its version that is not below a version; this one is Docker's, and says both.
var opVersion = transport.Operation{Name: "SystemVersion", Method: http.MethodGet, Path: "/version"}

var errNoPodman = errors.New("the engine does not speak libpod's API: it names no component Podman Engine")

// fetchInfo asks for the version. A proxy before the engine's socket may let a ping pass and no more: then what the answer's
// header says has to do.
func fetchInfo(ctx context.Context, c transport.Caller) (Info, error) {
	info, err := fetchVersion(ctx, c)
	if !isRefusal(err) {
		return info, err
	}
	ping, pingErr := transport.Headers[Ping](ctx, c, opDockerPing.Request())
	if pingErr != nil {
		return Info{}, err
	}
	if info = infoOf(ping.APIVersion, ping.DockerAPIVersion, ping.Server); info.APIVersion == "" {
		return Info{}, err
	}
	return info, nil
}

// opDockerPing is the ping that every proxy knows. Podman answers to both by the same header.
var opDockerPing = transport.Operation{Name: "Ping", Method: http.MethodGet, Path: "/_ping"}

// isRefusal reports whether somebody answered that the engine is not to be asked.
func isRefusal(err error) bool {
	e, ok := errors.AsType[*transport.Error](err)
	return ok && e.Status >= 400 && (e.Status < 500 || e.Status == http.StatusNotImplemented)
}

// infoOf is what the headers Libpod-Api-Version, Api-Version and Server say of the engine, which Podman puts in all of its
// answers. Without a version of the API it is the zero value.
func infoOf(apiVersion, dockerAPIVersion, server string) Info {
	if _, err := apiversion.Parse(apiVersion); err != nil {
		return Info{}
	}
	info := Info{APIVersion: apiVersion, DockerAPIVersion: dockerAPIVersion}
	if rest, ok := strings.CutPrefix(server, "Libpod/"); ok { // Libpod/4.3.1 (linux), or a proxy's
		info.Version, _, _ = strings.Cut(rest, " ")
	}
	return info
}

func fetchVersion(ctx context.Context, c transport.Caller) (Info, error) {
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

// Info returns what the engine said of itself: when it was opened, or later, when an answer came from one of another version.
// Behind a proxy that lets a ping pass and not the version, it is what a ping tells: the newest versions of both APIs, and
// the engine's own.
func (e *Engine) Info() Info { return *e.known.info.Load() }

// notice asks the engine once more what it is if the header of an answer tells of other versions than that of the answer
// before: an engine that is replaced keeps its address.
func (e *Engine) notice(ctx context.Context, apiVersion, dockerAPIVersion, server string) {
	now := infoOf(apiVersion, dockerAPIVersion, server)
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

// Source returns what led to this engine: "CONTAINER_HOST", `CONTAINER_CONNECTION "build"`, or the socket that was found.
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
		e.notice(ctx, resp.Header.Get("Libpod-Api-Version"), resp.Header.Get("Api-Version"), resp.Header.Get("Server"))
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

// OfferedVersions implements [transport.Versioned]: the engine offers libpod's API, "podman", and Docker's, "docker".
func (e *Engine) OfferedVersions(api string) (oldest, newest string) {
	info := e.Info()
	switch api {
	case "podman":
		return info.MinAPIVersion, info.APIVersion
	case "docker":
		return info.DockerMinAPIVersion, info.DockerAPIVersion
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
	ping, err := transport.Headers[Ping](ctx, e.client, opPing.Request())
	if err == nil {
		e.notice(ctx, ping.APIVersion, ping.DockerAPIVersion, ping.Server)
	}
	return ping, err
}
