package guide

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
)

// Pack makes a tar.gz of a folder.
func Pack(folder fs.FS) (*bytes.Buffer, error) {
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	archive := tar.NewWriter(zip)
	if err := errors.Join(archive.AddFS(folder), archive.Close(), zip.Close()); err != nil {
		return nil, err
	}
	return &b, nil
}

// Compare reads the archive of a folder's copy and says how much of it is what was sent. Anything else is an error.
func Compare(copied io.Reader, folder fs.FS) (files, size int, err error) {
	archive := tar.NewReader(copied)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, 0, err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		got, err := io.ReadAll(archive)
		if err != nil {
			return 0, 0, err
		}
		want, err := fs.ReadFile(folder, path.Base(header.Name))
		if err != nil {
			return 0, 0, err
		}
		if !bytes.Equal(got, want) {
			return 0, 0, fmt.Errorf("%s came back changed", header.Name)
		}
		files, size = files+1, size+len(got)
	}
	if sent, err := fs.ReadDir(folder, "."); err != nil || len(sent) != files {
		return 0, 0, fmt.Errorf("%d files were sent, %d came back: %w", len(sent), files, errors.Join(err, io.ErrUnexpectedEOF))
	}
	return files, size, nil
}

// Unpack reads the one file of an archive.
func Unpack(copied io.Reader) (name string, content []byte, err error) {
	archive := tar.NewReader(copied)
	header, err := archive.Next()
	if err != nil {
		return "", nil, err
	}
	content, err = io.ReadAll(archive)
	return header.Name, content, err
}
