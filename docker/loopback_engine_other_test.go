//go:build !linux

package docker_test

import (
	"errors"
	"os"
)

// socket is not to be had where no engine can be started either.
func (l loopback) socket(string, string) (*os.File, error) { return nil, errors.ErrUnsupported }
