//go:build !windows

package npipe

import (
	"context"
	"errors"
	"net"

	"github.com/gantry-go/gantry/transport"
)

func open(string) (transport.Route, error) {
	return nil, transport.InvalidHost("is a named pipe, which needs Windows")
}

func dial(context.Context, string) (net.Conn, error) { return nil, errors.ErrUnsupported }
