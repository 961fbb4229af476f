package enginetest

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"

	"github.com/gantry-go/gantry/internal/testimage"
)

// ForExamples has docker.Open find the dockerd of this test binary, with the test image on it, as the examples of a
// package expect: examples have nobody to ask for an engine. Call it in TestMain, before [Main] or [Run]. Where there
// can be no engine the examples are skipped, or fail where CI=true.
func ForExamples() {
	flag.Parse()
	if !wanted() {
		return
	}
	err := prepare()
	if err == nil {
		return
	}
	fmt.Println("examples:", err)
	if os.Getenv("CI") == "true" {
		_ = os.Setenv("DOCKER_HOST", "unix:///no/engine")
		return
	}
	skip := flag.Lookup("test.skip")
	pattern := "^Example"
	if given := skip.Value.String(); given != "" {
		pattern = given + "|" + pattern
	}
	_ = skip.Value.Set(pattern)
}

// wanted says whether the flags select examples at all: an engine takes a second to start.
func wanted() bool {
	if flag.Lookup("test.list").Value.String() != "" {
		return false
	}
	run := flag.Lookup("test.run").Value.String()
	pattern, err := regexp.Compile(run)
	return err == nil && (pattern.MatchString("Example") || strings.Contains(run, "Example"))
}

func prepare() error {
	e, err := find("docker")
	if err != nil {
		return err
	}
	shared.mu.Lock()
	shared.all = append(shared.all, e)
	shared.mu.Unlock()
	archive, err := testimage.Archive(testimage.Name)
	if err != nil {
		return err
	}
	if _, err := e.call(http.MethodPost, "/images/load?quiet=1", header{"Content-Type": "application/x-tar"}, archive); err != nil {
		return err
	}
	return os.Setenv("DOCKER_HOST", e.Host)
}
