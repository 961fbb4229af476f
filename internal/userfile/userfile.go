// Package userfile reads the files of settings that people and command lines write: configurations, credentials, keys.
package userfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Max bounds such a file in bytes. Those of people are of some kilobytes.
const Max = 1 << 20

// Check returns the error of a path that is not there, or where reading could go on for ever, as from a pipe or a terminal.
// Symbolic links are followed; the null device is a way to say nothing.
func Check(path string) error {
	info, err := os.Stat(path)
	if err != nil || info.Mode().IsRegular() {
		return err
	}
	if null, err := os.Stat(os.DevNull); err == nil && os.SameFile(info, null) {
		return nil
	}
	return &fs.PathError{Op: "read", Path: path, Err: errors.New("it is no regular file")}
}

// Read reads a file that Check has nothing against, of at most [Max] bytes.
func Read(path string) ([]byte, error) {
	if err := Check(path); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, Max+1))
	if err == nil && len(data) > Max {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("it is larger than %d bytes", Max)}
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}
