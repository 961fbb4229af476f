package transport

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// RegistryAuth is what the registry options of generated calls take: a [Secret], which is a header made beforehand, or
// a source of credentials, such as a keyring of package registryauth, which is asked for a header when the call is
// made. It is asked before anything is sent, and its error is the call's, of class [ErrCredentials]. When the engine
// answers 401 it is asked once more, and the request repeated if the header is another one by then and the body can be
// sent again. It is [Client] that asks: a [Caller] of your own that hands nothing on to one sees requests without the
// header. It may be used concurrently.
type RegistryAuth interface {
	// RegistryHeader returns the header's value, or nothing, for which no credential is sent.
	RegistryHeader(ctx context.Context, q RegistryQuery) (Secret, error)
}

// RegistryQuery is what a [RegistryAuth] gets to know of a request.
type RegistryQuery struct {
	// Header is the header wanted: "X-Registry-Auth" has the credential for one registry, "X-Registry-Config" those
	// for all registries that a build may meet.
	Header string
	// Image is the reference to the image, plugin or artifact that the request is about, as the engine will read it;
	// empty where the request names none.
	Image string
	// Engine is whose API the request is of, "docker" or "podman"; empty for an operation made by hand that does not
	// say. Podman's socket for Docker's API counts as Docker's.
	Engine string
	// Refused is the header that the engine has answered 401 to; empty when the request has not been sent yet.
	Refused Secret
}

// registryHeader is a header that is asked for when the request is sent, and what was sent last.
type registryHeader struct {
	name string
	from RegistryAuth
	sent Secret
}

// authFrom has a header asked for when the request is sent. What was set before stands if nothing is given then.
func (r *Request) authFrom(name string, from RegistryAuth) {
	r.forgetAuth(name)
	r.auths = append(r.auths, registryHeader{name: http.CanonicalHeaderKey(name), from: from})
}

// forgetAuth makes room for a header that is set otherwise.
func (r *Request) forgetAuth(name string) {
	if len(r.auths) == 0 {
		return
	}
	r.auths = slices.DeleteFunc(r.auths, func(h registryHeader) bool { return h.name == http.CanonicalHeaderKey(name) })
}

// authorize asks for the request's registry headers, for the first time or after a refusal, and reports whether any is
// another one than before.
func (c *Client) authorize(ctx context.Context, r *Request, refused bool) (changed bool, err error) {
	for i := range r.auths {
		h := &r.auths[i]
		q := RegistryQuery{Header: h.name, Image: r.image(h.name), Engine: r.op.Engine}
		if refused {
			q.Refused = h.sent
		}
		header, err := c.ask(ctx, r, h.from, q)
		if err != nil {
			return false, err
		}
		if header == "" || refused && header == h.sent {
			continue
		}
		if r.header == nil {
			r.header = http.Header{}
		}
		r.header[h.name] = []string{string(header)}
		h.sent, changed = header, true
	}
	return changed, nil
}

// ask gets one header, as long as neither the call nor the client has ended.
func (c *Client) ask(ctx context.Context, r *Request, from RegistryAuth, q RegistryQuery) (Secret, error) {
	asking, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(c.open.life, func() { cancel(ErrClosed) })()
	header, err := from.RegistryHeader(asking, q)
	switch {
	case c.open.life.Err() != nil:
		return "", r.fail(ErrClosed, nil)
	case ctx.Err() != nil:
		return "", r.fail(nil, contextError(ctx))
	case err != nil:
		return "", r.fail(ErrCredentials, err)
	case invalidHeaderValue(string(header)):
		return "", r.fail(ErrCredentials, errUnsendable)
	}
	return header, nil
}

var errUnsendable = errors.New("the credential holds a character that no header may hold, or is not valid UTF-8")

// reauthorize asks for other credentials than those that the engine has refused with this answer, and reports whether
// the request is to be sent again; the answer is closed then, and after an error.
func (c *Client) reauthorize(ctx context.Context, r *Request, resp *http.Response) (again bool, err error) {
	if resp.StatusCode != http.StatusUnauthorized || len(r.auths) == 0 || r.body != nil && r.getBody == nil {
		return false, nil
	}
	again, err = c.authorize(ctx, r, true)
	switch {
	case err == nil && !again:
		return false, nil
	case again: // the refusal is not what comes of the call, so it is not checked, which observers would be told of
		_ = readErrorBody(resp.Body)
		_ = resp.Body.Close()
		return true, nil
	}
	refusal := Check(r, resp) // reads and closes the answer
	if failure, ok := errors.AsType[*Error](refusal); ok {
		failure.Err = cause(err)
	}
	return false, refusal
}

// cause returns what made an error of the request, without the request.
func cause(err error) error {
	if failure, ok := errors.AsType[*Error](err); ok && failure.Err != nil {
		return failure.Err
	}
	return err
}

// registryAuthHeader is the header that has one credential.
const registryAuthHeader = "X-Registry-Auth"

// imageParams are the parameters that name an image in a registry, in the order in which they do where there are
// several: Podman pushes what the path names to a destination.
var imageParams = []string{"destination", "fromImage", "reference", "remote", "term", "name"}

// image is the reference that a header of the request is about.
func (r *Request) image(header string) string {
	if header != registryAuthHeader {
		return "" // a build's remote is no image
	}
	query, _ := url.ParseQuery(strings.Join(r.query, "&"))
	for _, name := range imageParams {
		image := r.argument(name)
		if image == "" {
			image = query.Get(name)
		}
		if name == "term" && image != "" {
			image = searched(image)
		}
		if image != "" {
			return image
		}
	}
	return r.bodyImage()
}

// argument is an argument of the path by its name in the template.
func (r *Request) argument(name string) string {
	for i, placed := range strings.Split(r.op.Path, "{")[1:] {
		placed, _, _ = strings.Cut(placed, "}")
		if strings.TrimSuffix(placed, "...") == name && i < len(r.args) {
			return r.args[i]
		}
	}
	return ""
}

// searched makes a reference of what is searched for, which may begin with a registry but need not be one.
func searched(term string) string {
	const anything = "search"
	if registry, _, found := strings.Cut(term, "/"); found && (strings.ContainsAny(registry, ".:") || registry == "localhost") {
		return registry + "/" + anything
	}
	return anything
}

// bodyImage is the image of the service that the body describes.
func (r *Request) bodyImage() string {
	if r.getBody == nil {
		return ""
	}
	doc, _ := io.ReadAll(r.getBody()) // from memory
	var service struct {
		TaskTemplate struct {
			ContainerSpec struct{ Image string }
			PluginSpec    struct{ Remote string }
		}
	}
	if unmarshalLenient(doc, &service) != nil {
		return ""
	}
	return cmp.Or(service.TaskTemplate.ContainerSpec.Image, service.TaskTemplate.PluginSpec.Remote)
}
