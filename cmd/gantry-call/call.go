package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/npipe"
	"github.com/gantry-go/gantry/transport/ssh"
)

// do lists, describes or calls what the arguments name.
func (c *command) do(ctx context.Context, args []string, doc bool) error {
	if len(args) == 0 {
		return engines(c.out)
	}
	family, err := findEngine(args[0])
	if err != nil {
		return err
	}
	args = args[1:]
	if len(args) == 0 {
		_, err := io.WriteString(c.out, lines(family.Versions()))
		return err
	}
	number := auto
	if isVersion(args[0]) {
		number, args = strings.ToLower(args[0]), args[1:]
	}
	lookup := len(args) == 2 && strings.HasPrefix(args[1], "/")
	if len(args) > 0 && (doc || lookup) && number == auto { // no engine is needed for that
		number = newest(family).Number()
		if lookup {
			if op, found := family.Lookup(strings.ToUpper(args[0]), args[1]); found {
				return write(c.out, op)
			}
		}
	}
	var e engine
	version := family.Version(number)
	if number == auto {
		if e, err = c.open(ctx, family.Name()); err != nil {
			return err
		}
		defer e.Close() //nolint:errcheck // nothing depends on it
		if version, err = versionOf(family, e); err != nil {
			return err
		}
	}
	switch {
	case version.Err() != nil:
		return badUsage{version.Err()}
	case len(args) == 0:
		return operations(c.out, version)
	case lookup:
		op, found := version.Lookup(strings.ToUpper(args[0]), args[1])
		if !found {
			return misused("%s %s has no operation for %s %s", family.Name(), version.Number(), args[0], args[1])
		}
		return write(c.out, op)
	}
	op, err := findOperation(version, args[0])
	if err != nil {
		return err
	}
	if doc {
		return write(c.out, op)
	}
	given, err := parseArgs(op, args[1:], c.in)
	if err != nil {
		return err
	}
	if e == nil {
		if e, err = c.open(ctx, family.Name()); err != nil {
			return err
		}
		defer e.Close() //nolint:errcheck // nothing depends on it
	}
	return c.call(ctx, e, version, op, given)
}

// engine is what docker and podman open.
type engine interface {
	transport.Caller
	io.Closer
}

func (c *command) open(ctx context.Context, name string) (engine, error) {
	ways := []transport.Option{ssh.Hosts(), npipe.Hosts()}
	switch {
	case name == "podman" && c.host == "":
		return podman.Open(ctx, ways...)
	case name == "podman":
		return podman.OpenHost(ctx, c.host, ways...)
	case c.host == "":
		return docker.Open(ctx, ways...)
	}
	return docker.OpenHost(ctx, c.host, ways...)
}

// versionOf is the newest version that both the engine and the catalog have.
func versionOf(family *catalog.Engine, e engine) (*catalog.Version, error) {
	name, offered := "", ""
	switch e := e.(type) {
	case *docker.Engine:
		name, offered = e.Info().Package(), e.Info().APIVersion
	case *podman.Engine:
		name, offered = e.Info().Package(), e.Info().APIVersion
	}
	_, digits, found := strings.Cut(name, "/v") // "docker/v141" is 1.41
	if !found {
		return nil, fmt.Errorf("the engine is of API %s, and the catalog has no version of %s that it offers", offered, family.Name())
	}
	return family.Version(digits[:1] + "." + digits[1:]), nil
}

// call calls an operation and prints its answer.
func (c *command) call(ctx context.Context, e engine, v *catalog.Version, op *catalog.Operation, args catalog.Args) error {
	var through transport.Caller = e
	if c.verbose || c.head {
		through = shown{e, c}
	}
	var session *session
	if op.Kind == catalog.KindUpgrade {
		var err error
		if session, err = newSession(ctx, e, v, op, args); err != nil {
			return err
		}
	}
	result, err := op.Call(ctx, through, args)
	if err != nil {
		return err
	}
	defer result.Close() //nolint:errcheck // what it reads was read, or an error is on its way
	if session != nil {
		if err := c.talk(result, session); err != nil {
			return err
		}
		return session.outcome(ctx)
	}
	return c.show(result)
}

// show prints an answer of any kind but an upgrade.
func (c *command) show(r *catalog.Result) error {
	switch r.Kind {
	case catalog.KindBytes:
		_, err := io.Copy(c.out, r.Stream)
		return err
	case catalog.KindSequence:
		for doc, err := range r.Messages.All() {
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(c.out, "%s\n", doc); err != nil {
				return err
			}
		}
		return nil
	case catalog.KindFramed:
		_, err := r.Logs.Demux(c.out, c.err)
		return err
	}
	v, err := r.Data()
	if err != nil || v == nil && r.Kind == catalog.KindNone {
		return err
	}
	return write(c.out, v)
}

// talk ties a connection to standard input and output. Where there is no TTY, what comes is in frames, and is told apart.
func (c *command) talk(r *catalog.Result, s *session) error {
	go func() {
		if _, err := io.Copy(r.Conn, c.in); err == nil {
			_ = r.Conn.CloseWrite()
		}
	}()
	var err error
	if s.framed || r.Conn.MediaType() == "application/vnd.docker.multiplexed-stream" {
		_, err = r.Conn.Demux(c.out, c.err)
	} else {
		_, err = io.Copy(c.out, r.Conn)
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}
