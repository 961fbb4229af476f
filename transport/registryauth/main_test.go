package registryauth_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/internal/leak"
)

// TestMain makes a credential helper of the test's program where it is called as one.
func TestMain(m *testing.M) {
	base := strings.TrimSuffix(filepath.Base(os.Args[0]), ".exe")
	if name, ok := strings.CutPrefix(base, "docker-credential-"); ok {
		os.Exit(beHelper(name))
	}
	leak.Main(m)
}

// beHelper does what a helper of this name does.
func beHelper(name string) int {
	input, _ := io.ReadAll(os.Stdin)
	answer := map[string]string{"ServerURL": string(input), "Username": "alice", "Secret": canary + " of " + name}
	switch name {
	case "noserver":
		delete(answer, "ServerURL")
	case "other":
		answer["ServerURL"] = "https://other.example"
	case "nosecret":
		delete(answer, "Secret")
	case "garbage":
		fmt.Print(canary)
		return 0
	case "number":
		fmt.Print(`{"Username": 1, "Secret": "` + canary + `"}`)
		return 0
	case "flood":
		block := bytes.Repeat([]byte(canary), 1<<12)
		for range 1 << 30 / len(block) {
			if _, err := os.Stdout.Write(block); err != nil {
				return 1
			}
		}
		return 0
	case "slow":
		_, _ = os.Stdout.WriteString(canary)
		select {}
	case "lingers": // something that it starts keeps its output open until the test's program ends it
		self, _ := os.Executable()
		child := exec.Command(self, "get")
		child.Args[0] = "docker-credential-sleeper"
		child.Stdin, child.Stdout, child.ExtraFiles = os.Stdin, os.Stdout, nil
		_ = child.Start()
	case "sleeper":
		time.Sleep(3 * time.Second) // longer than is waited for it
		return 0
	}
	data, _ := json.Marshal(answer)
	fmt.Println(string(data))
	return 0
}

// scripts are the helpers that are asked often: a shell is up sooner than a Go program.
var scripts = map[string]string{
	"good": `if [ "$1" = list ]; then
		echo '{"registry.example": "alice", "https://index.docker.io/v1/": "bob", "https://git.example/x?y": "carol"}'; exit
	fi
	secret="` + canary + ` of good"`,
	"echo":  `secret="` + canary + ` for $address"`,
	"token": `user="<token>" secret="` + canary + ` of token"`,
	"none":  `echo credentials not found in native keychain; exit 1`,
	"fails": `echo ` + canary + `; echo ` + canary + ` >&2; exit 3`,
}

// helpers puts helpers of these names in PATH, and nothing else.
func helpers(t *testing.T, names ...string) {
	t.Helper()
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		path := filepath.Join(dir, "docker-credential-"+name)
		script, ok := scripts[name]
		if !ok {
			if err := os.Symlink(self, path); err != nil {
				t.Fatal(err)
			}
			continue
		}
		// By another process: what this one has open for writing could not be run while it forks.
		command := exec.CommandContext(t.Context(), "/bin/sh", "-c", `cat >"$1" && chmod 700 "$1"`, "sh", path)
		command.Stdin = strings.NewReader("#!/bin/sh\nread -r address\nuser=alice\n" + script +
			"\necho \"{\\\"ServerURL\\\": \\\"$address\\\", \\\"Username\\\": \\\"$user\\\", \\\"Secret\\\": \\\"$secret\\\"}\"\n")
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	t.Setenv("PATH", dir)
}

// user is a user with a home and nothing in it, of whose environment nothing says where credentials are.
func user(t *testing.T) (home string) {
	t.Helper()
	home = t.TempDir()
	for _, name := range []string{"DOCKER_CONFIG", "DOCKER_AUTH_CONFIG", "REGISTRY_AUTH_FILE", "XDG_CONFIG_HOME"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", home)
	t.Setenv("XDG_RUNTIME_DIR", filepath.Join(home, "run"))
	return home
}

// write writes a file, and its directory.
func write(t *testing.T, content string, path ...string) string {
	t.Helper()
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
