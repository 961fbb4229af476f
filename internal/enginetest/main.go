package enginetest

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

// Main is the TestMain of a package that needs engines: it runs the tests, stops what they started, and says which
// engines they had.
func Main(m *testing.M) {
	os.Exit(Run(m))
}

// Report prints a line that is worth reading after tests that passed. The go command shows what they print only if they
// fail or it tests a single package, so the line is also added to the file that GANTRY_TEST_REPORT names, if it does.
func Report(format string, args ...any) error {
	line := fmt.Sprintf(format, args...) + "\n"
	fmt.Print(line)
	path := os.Getenv("GANTRY_TEST_REPORT")
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line)
	return errors.Join(err, f.Close())
}

// Run is [Main] for a TestMain that has more to do: it returns the exit code.
func Run(m interface{ Run() int }) int {
	code := m.Run()
	for _, e := range shared.running() {
		whose := "from the environment"
		if e.config != nil {
			whose = "private"
			if err := e.remove(); err != nil {
				fmt.Fprintln(os.Stderr, "enginetest:", err)
				code = 1
			}
		}
		if err := Report("engine: %s %s, API %s, %s", e.Kind, e.Version, e.API, whose); err != nil {
			fmt.Fprintln(os.Stderr, "enginetest:", err)
			code = 1
		}
	}
	if err := removeRegistries(); err != nil {
		fmt.Fprintln(os.Stderr, "enginetest:", err)
		code = 1
	}
	return code
}
