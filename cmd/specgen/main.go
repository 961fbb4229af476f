// Command specgen generates gantry's packages, and the facts of its catalog, from those of published engine APIs.
//
//	specgen generate [-engine docker] [-version 1.41]      write the packages of the kept specifications
//	specgen check    [-engine docker] [-version 1.41]      name every file that generate would change
//	specgen import   -engine docker -version 1.41 SPEC     keep the facts of a published Swagger 2.0 file
//	specgen import   -engine podman -version 4.3 [-release 4.3.1] [-fixes PATCH] SPEC
//	specgen api      -engine docker -version 1.41 SPEC     import, generate, check and say what is new
//	specgen model    -engine docker -version 1.41          print the planned model as JSON
//	specgen list     [-json] [docker [1.41 [containers]]]  name versions, categories, operations
//	specgen doc      [-json] docker 1.41 ContainerCreate   describe an operation, or a type: HostConfig
//	specgen diff     [-json] docker 1.41 1.44              say what an upgrade means for a caller
//
// To call an operation of an engine by its name there is gantry-call, which is of the SDK's own module.
//
// SPEC is a file, an https URL, or a file of a Go module: github.com/moby/moby/api@v1.56.1//docs/v1.41.yaml.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/gantry-go/gantry/cmd/specgen/internal/gen"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "specgen:", err)
		os.Exit(1)
	}
}

const usage = "usage: specgen generate|check|import|api|model|list|doc|diff [-root DIR] [-engine NAME] [-version N] [-json] [ARGUMENTS]"

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New(usage)
	}
	flags := flag.NewFlagSet("specgen "+args[0], flag.ContinueOnError)
	root := flags.String("root", "", "root of the main module (default: found by walking up)")
	engine := flags.String("engine", "", "engine, such as docker")
	version := flags.String("version", "", "API version, such as 1.41")
	release := flags.String("release", "", "import: the release of Podman that SPEC is of (default: read off its name)")
	fixes := flags.String("fixes", "", "import: a JSON patch that separates Podman's definitions of one name")
	asJSON := flags.Bool("json", false, "answer in JSON")
	rest, err := parse(flags, args[1:])
	if err != nil {
		return err
	}
	if *root == "" {
		dir, err := os.Getwd()
		if err != nil {
			return err
		}
		found, err := gen.FindRoot(dir)
		if err != nil {
			return err
		}
		*root = found
	}
	source := func(spec string) gen.Source {
		return gen.Source{Engine: *engine, Version: *version, Spec: spec, Release: *release, Fixes: *fixes}
	}
	switch args[0] {
	case "generate":
		diffs, err := gen.Generate(*root, *engine, *version)
		return report(out, diffs, err)
	case "check":
		diffs, err := gen.Check(*root, *engine, *version)
		if err = report(out, diffs, err); err == nil && len(diffs) > 0 {
			err = fmt.Errorf("%d files are not as generated; run go generate", len(diffs))
		}
		return err
	case "import":
		if *engine == "" || *version == "" || len(rest) != 1 {
			return errors.New("import needs -engine, -version and one SPEC")
		}
		written, err := gen.Import(ctx, *root, source(rest[0]))
		if err == nil {
			_, err = fmt.Fprintln(out, "kept:", written)
		}
		return err
	case "api":
		return api(ctx, out, *root, source, rest)
	case "list":
		return list(out, *root, *asJSON, rest)
	case "doc":
		return doc(out, *root, *asJSON, rest)
	case "diff":
		return diff(out, *root, *asJSON, rest)
	case "model":
		return dump(out, *root, *engine, *version)
	default:
		return fmt.Errorf("there is no verb %q; %s", args[0], usage)
	}
}

// parse reads flags wherever they stand among the arguments.
func parse(flags *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return rest, nil
		}
		rest, args = append(rest, flags.Arg(0)), flags.Args()[1:]
	}
}

func report(out io.Writer, diffs []gen.Difference, err error) error {
	for _, d := range diffs {
		if _, printErr := fmt.Fprintln(out, d); printErr != nil {
			return printErr
		}
	}
	return err
}

func dump(out io.Writer, root, engine, version string) error {
	inputs, err := gen.Inputs(root, engine, version)
	if err != nil {
		return err
	}
	models, err := gen.PlanAll(root, inputs)
	if err != nil {
		return err
	}
	for _, m := range models {
		if err := writeJSON(out, m); err != nil {
			return err
		}
	}
	return nil
}
