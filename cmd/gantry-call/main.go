// Command gantry-call explores an engine: it lists what its API has, and calls an operation by name.
//
//	gantry-call                                     engines and versions
//	gantry-call docker 1.41                         the operations of a version
//	gantry-call -doc docker 1.41 ContainerList      what there is to say about one
//	gantry-call docker 1.41 GET /containers/x/json  the operation that a request is of
//	gantry-call [-host HOST] docker 1.41 ContainerList all=true filters='{"label":["a"]}'
//
// An argument is NAME=VALUE, by the parameter's name on the wire; a name that is given again makes a list. body=TEXT is
// the request's body, body=@FILE that of a file, and body=@- what comes on standard input. Without -host the engine is
// found as package docker or podman finds it; hosts of ssh:// and npipe:// are reached too. A JSON answer is printed
// indented, messages one to a line, bytes as they are; an upgraded connection is tied to standard input and output.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"text/tabwriter"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/npipe"
	"github.com/gantry-go/gantry/transport/ssh"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "gantry-call:", err)
		os.Exit(1)
	}
}

type streams struct {
	in       io.Reader
	out, err io.Writer
}

func run(ctx context.Context, args []string, s streams) error {
	flags := flag.NewFlagSet("gantry-call", flag.ContinueOnError)
	flags.SetOutput(s.err)
	host := flags.String("host", "", "the engine, as in unix:///var/run/docker.sock")
	doc := flags.Bool("doc", false, "describe the operation, as JSON, instead of calling it")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if args = flags.Args(); len(args) == 0 {
		return engines(s.out)
	}
	engine := catalog.Find(args[0])
	if engine == nil {
		return fmt.Errorf("the catalog has no engine %q", args[0])
	}
	if len(args) == 1 {
		_, err := fmt.Fprintln(s.out, strings.Join(engine.Versions(), "\n"))
		return err
	}
	version := engine.Version(args[1])
	if version.Err() != nil {
		return version.Err()
	}
	switch {
	case len(args) == 2:
		return operations(s.out, version)
	case len(args) == 4 && strings.HasPrefix(args[3], "/"):
		op, found := version.Lookup(args[2], args[3])
		if !found {
			return fmt.Errorf("%s %s has no operation for %s %s", args[0], args[1], args[2], args[3])
		}
		return describe(s.out, op)
	}
	op := version.Operation(args[2])
	if op.Err() != nil {
		return op.Err()
	}
	if *doc {
		return describe(s.out, op)
	}
	return call(ctx, s, *host, op, args[3:])
}

func engines(out io.Writer) error {
	for _, e := range catalog.Engines() {
		if _, err := fmt.Fprintln(out, e.Name(), strings.Join(e.Versions(), " ")); err != nil {
			return err
		}
	}
	return nil
}

func operations(out io.Writer, v *catalog.Version) error {
	t := tabwriter.NewWriter(out, 0, 1, 2, ' ', 0)
	for _, c := range v.Categories() {
		for _, op := range c.Operations {
			if _, err := fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", op.ID, op.Category+"."+op.Name, op.Method, op.Path, op.Kind); err != nil {
				return err
			}
		}
	}
	return t.Flush()
}

func describe(out io.Writer, op *catalog.Operation) error { return write(out, op) }

func write(out io.Writer, v any) error {
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// call calls an operation and prints its answer.
func call(ctx context.Context, s streams, host string, op *catalog.Operation, pairs []string) error {
	args, err := parse(pairs, s.in)
	if err != nil {
		return err
	}
	engine, err := open(ctx, op.Engine, host)
	if err != nil {
		return err
	}
	defer engine.Close() //nolint:errcheck // nothing depends on it
	result, err := op.Call(ctx, engine, args)
	if err != nil {
		return err
	}
	defer result.Close() //nolint:errcheck // what it reads was read, or an error is on its way
	return show(s, result)
}

// engine is what docker and podman open.
type engine interface {
	transport.Caller
	io.Closer
}

func open(ctx context.Context, name, host string) (engine, error) {
	ways := []transport.Option{ssh.Hosts(), npipe.Hosts()}
	switch {
	case name == "podman" && host == "":
		return podman.Open(ctx, ways...)
	case name == "podman":
		return podman.OpenHost(ctx, host, ways...)
	case host == "":
		return docker.Open(ctx, ways...)
	}
	return docker.OpenHost(ctx, host, ways...)
}

// parse reads NAME=VALUE arguments.
func parse(pairs []string, stdin io.Reader) (catalog.Args, error) {
	args := catalog.Args{}
	for _, pair := range pairs {
		name, text, found := strings.Cut(pair, "=")
		if !found {
			return nil, fmt.Errorf("%q is not NAME=VALUE", pair)
		}
		if file, isFile := strings.CutPrefix(text, "@"); isFile && name == catalog.BodyArg {
			if file == "-" {
				args[name] = stdin
				continue
			}
			data, err := os.Open(file) // the call closes it
			if err != nil {
				return nil, err
			}
			args[name] = data
			continue
		}
		switch before := args[name].(type) {
		case nil:
			args[name] = text
		case string:
			args[name] = []string{before, text}
		case []string:
			args[name] = append(before, text)
		default:
			return nil, fmt.Errorf("%s is given twice", name)
		}
	}
	return args, nil
}

// show prints an answer of any kind.
func show(s streams, r *catalog.Result) error {
	switch r.Kind {
	case catalog.KindBytes:
		_, err := io.Copy(s.out, r.Stream)
		return err
	case catalog.KindSequence:
		for doc, err := range r.Messages.All() {
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(s.out, "%s\n", doc); err != nil {
				return err
			}
		}
		return nil
	case catalog.KindFramed:
		_, err := r.Logs.Demux(s.out, s.err)
		return err
	case catalog.KindUpgrade:
		return talk(s, r)
	}
	v, err := r.Data()
	if err != nil || v == nil && r.Kind == catalog.KindNone {
		return err
	}
	return write(s.out, v)
}

// talk ties a connection to standard input and output. What comes is printed as it is, framed where there is no TTY.
func talk(s streams, r *catalog.Result) error {
	go func() {
		if _, err := io.Copy(r.Conn, s.in); err == nil {
			_ = r.Conn.CloseWrite()
		}
	}()
	_, err := io.Copy(s.out, r.Conn)
	return err
}
