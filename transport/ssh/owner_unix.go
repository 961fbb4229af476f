//go:build unix

package ssh

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// checkWriters refuses a file of settings that another user may write, as ssh does: who writes there chooses the server.
func checkWriters(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() {
		return nil
	}
	if stat.Uid != 0 && int(stat.Uid) != os.Getuid() || info.Mode()&0o022 != 0 {
		return &fs.PathError{Op: "read", Path: path, Err: errors.New("another user may write it: bad owner or permissions")}
	}
	return nil
}

// checkReaders refuses a private key of the user's own that others may read, as ssh does.
func checkReaders(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) == os.Getuid() && info.Mode()&0o077 != 0 {
		return errors.New("other users may read it, so it is not used, as ssh does not: chmod 600")
	}
	return nil
}
