package discover

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"

	"github.com/gantry-go/gantry/transport"
)

// maxFile bounds the files of settings in bytes. Those of people are of some kilobytes.
const maxFile = 1 << 20

// ReadFile reads a file of settings. It follows symbolic links, but reads regular files alone, for others may have no
// end, and none of more than a mebibyte.
func ReadFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("it is no regular file")}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(data) > maxFile {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("it has more than %d bytes", maxFile)}
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// Invalid is the error of settings that name no engine: "<what>: <err>".
func Invalid(what string, err error) error {
	return &transport.Error{Operation: what, Class: transport.ErrInvalidInput, Err: err}
}

// Quote quotes a name, shortened and made fit to print.
func Quote(name string) string {
	const limit = 64
	name = strings.ToValidUTF8(name, "\uFFFD")
	name = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > limit {
		name = string(runes[:limit]) + "..."
	}
	return `"` + name + `"`
}
