// Command gantry-call explores an engine: it lists what its API has, and calls an operation by name.
//
//	gantry-call                                     engines and versions
//	gantry-call docker 1.41                         the operations of a version
//	gantry-call -doc docker ContainerList           what there is to say about one
//	gantry-call docker 1.41 GET /containers/x/json  the operation that a request is of
//	gantry-call docker ContainerInspect conny       call one
//	gantry-call -host ssh://me@build docker 1.41 ContainerList all=true filters='{"label":["a"]}'
//
// The version may be left out, or be "auto": it is the newest that both the engine and the catalog have. Names of engines,
// operations and parameters are found whatever their case, and one that is not there is answered with what is like it.
//
// An argument is NAME=VALUE, by the parameter's name on the wire; a name that is given again makes a list. What is not of
// that form is the next argument of the path. body=TEXT is the request's body, body=@FILE that of a file, and body=@- what
// comes on standard input. Without -host the engine is found as package docker or podman finds it; hosts of ssh:// and
// npipe:// are reached too.
//
// A JSON answer is printed indented, messages one to a line, bytes as they are. An upgraded connection is tied to standard
// input and output, its frames taken apart to standard output and standard error where it has no TTY. -v shows requests
// and the heads of answers on standard error, without credentials; -i puts the heads before the answers.
//
// The exit code is that of the command, for exec, and of the container, for an attached one that has ended; 1 where
// something failed, and 2 for a command line that makes no sense.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

const usage = `gantry-call explores a container engine: it lists what its API has, and calls an operation by name.

  gantry-call                                    engines and versions
  gantry-call docker 1.41                        the operations of a version
  gantry-call -doc docker ContainerList          what there is to say about one
  gantry-call docker GET /containers/x/json      the operation that a request is of
  gantry-call [flags] ENGINE [VERSION|auto] OPERATION [ARGUMENT...]

An argument is NAME=VALUE, or the next one of the path; a name that is given again makes a list. body=TEXT, body=@FILE or
body=@- (standard input) is the request's body. Without a version it is the newest that the engine and the catalog have.

  gantry-call docker ContainerInspect conny
  gantry-call docker ContainerList all=true 'filters={"label":["a"]}'
  gantry-call podman 4.3 containers.List

Flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(exitCode(err, os.Stderr))
}

// exitCode says what went wrong, and returns the code to exit with.
func exitCode(err error, stderr io.Writer) int {
	switch remote, ended := errors.AsType[remoteExit](err); {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case ended:
		return int(remote)
	}
	if _, bad := errors.AsType[badUsage](err); bad {
		fmt.Fprintln(stderr, "gantry-call:", err, "(gantry-call -h tells more)")
		return 2
	}
	fmt.Fprintln(stderr, "gantry-call:", err)
	return 1
}

// remoteExit is the exit code of what an engine ran, where that is not 0.
type remoteExit int

func (e remoteExit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// badUsage is a command line that makes no sense.
type badUsage struct{ error }

func (b badUsage) Unwrap() error { return b.error }

func misused(format string, args ...any) error { return badUsage{fmt.Errorf(format, args...)} }

type streams struct {
	in       io.Reader
	out, err io.Writer
}

// command is what the flags say.
type command struct {
	streams
	host          string
	verbose, head bool // -v, -i
}

func run(ctx context.Context, args []string, s streams) error {
	c := &command{streams: s}
	flags := flag.NewFlagSet("gantry-call", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.host, "host", "", "the engine's `address`, as in unix:///var/run/docker.sock or ssh://me@build")
	flags.BoolVar(&c.verbose, "v", false, "show requests and the heads of answers on standard error, without credentials")
	flags.BoolVar(&c.head, "i", false, "put the head of an answer before it")
	doc := flags.Bool("doc", false, "describe the operation, as JSON, instead of calling it")
	shell := flags.String("completion", "", "print the completion for a `shell`, bash or zsh")
	line := flags.String("complete", "", "print what may come next on a command `line`, for these completions")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			_, _ = io.WriteString(s.out, usage)
			flags.SetOutput(s.out)
			flags.PrintDefaults()
			return err
		}
		return badUsage{err}
	}
	switch {
	case *shell != "":
		return completion(s.out, *shell)
	case flagSet(flags, "complete"):
		_, err := io.WriteString(s.out, lines(complete(*line)))
		return err
	}
	return c.do(ctx, flags.Args(), *doc)
}

func flagSet(flags *flag.FlagSet, name string) (set bool) {
	flags.Visit(func(f *flag.Flag) { set = set || f.Name == name })
	return set
}

// lines are words, each with its line end.
func lines(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return strings.Join(words, "\n") + "\n"
}
