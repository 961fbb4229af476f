// Command applets stands in for busybox in test images on machines that have none: a few programs in one, chosen by
// the name that it is called by.
package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if err := run(filepath.Base(os.Args[0]), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(name string, args []string) error {
	switch name {
	case "cat":
		return cat(args)
	case "echo":
		fmt.Println(strings.Join(args, " "))
	case "env":
		fmt.Println(strings.Join(os.Environ(), "\n"))
	case "sleep":
		return sleep(args)
	case "true":
	case "false":
		os.Exit(1)
	default:
		return fmt.Errorf("%s: no such applet", name)
	}
	return nil
}

func cat(files []string) error {
	if len(files) == 0 {
		files = []string{"-"}
	}
	for _, name := range files {
		in := os.Stdin
		if name != "-" {
			f, err := os.Open(name)
			if err != nil {
				return err
			}
			in = f
		}
		if _, err := io.Copy(os.Stdout, in); err != nil {
			return err
		}
	}
	return nil
}

func sleep(args []string) error {
	for _, arg := range args {
		d, err := time.ParseDuration(arg + "s")
		if err != nil {
			return err
		}
		time.Sleep(d)
	}
	return nil
}
