package transport

import (
	"context"
	"net/http"

	"github.com/gantry-go/gantry/hijack"
)

var opGet = Operation{Engine: "docker", Version: "1.41", Name: "ContainerInspect", Method: "GET", Path: "/v1.41/containers/conny/json"}

// answering is a caller that has one answer.
type answering struct{ resp *http.Response }

func (a answering) Do(context.Context, *Request) (*http.Response, error) { return a.resp, nil }

func (a answering) Hijack(context.Context, *Request) (*hijack.Conn, error) {
	return nil, ErrUnsupported
}
