// Command specgen generates gantry's packages from the facts of published engine APIs.
//
//	specgen generate [-engine docker] [-version 1.41]      write the packages of the kept specifications
//	specgen check    [-engine docker] [-version 1.41]      name every file that generate would change
//	specgen import   -engine docker -version 1.41 SPEC     keep the facts of a published Swagger 2.0 file
//	specgen import   -engine podman -version 4.3 [-release 4.3.1] [-fixes PATCH] SPEC
//	specgen model    -engine docker -version 1.41          print the planned model as JSON
//
// SPEC is a file, an https URL, or a file of a Go module: github.com/moby/moby/api@v1.56.1//docs/v1.41.yaml.
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

const usage = "usage: specgen generate|check|import|model [-root DIR] [-engine NAME] [-version N] [SPEC]"

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
	if err := flags.Parse(args[1:]); err != nil {
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
		if *engine == "" || *version == "" || flags.NArg() != 1 {
			return errors.New("import needs -engine, -version and one SPEC")
		}
		written, err := gen.Import(ctx, *root, gen.Source{
			Engine: *engine, Version: *version, Spec: flags.Arg(0), Release: *release, Fixes: *fixes,
		})
		if err == nil {
			_, err = fmt.Fprintln(out, "kept:", written)
		}
		return err
	case "model":
		return dump(out, *root, *engine, *version)
	default:
		return fmt.Errorf("there is no verb %q; %s", args[0], usage)
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
	enc := json.NewEncoder(out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	for _, in := range inputs {
		m, err := gen.Plan(root, in)
		if err != nil {
			return err
		}
		if err := enc.Encode(m); err != nil {
			return err
		}
	}
	return nil
}
