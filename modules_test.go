package gantry_test

import (
	"archive/zip"
	"bytes"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// nested returns the folders of the modules below the root's, with the text of their go.mod.
func nested(t *testing.T, files []string) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, path := range files {
		if dir, name := filepath.Split(path); name == "go.mod" && dir != "" && !strings.Contains(dir, "testdata/") {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all[strings.TrimSuffix(dir, "/")] = string(text)
		}
	}
	return all
}

// TestNestedModulesRequireARelease holds that every module of ours that requires the root's requires the same release of it,
// which is the one that they are published with. Their replace directives are for work here: users do not see them.
func TestNestedModulesRequireARelease(t *testing.T) {
	if version := release(t, nested(t, tracked(t))); !regexp.MustCompile(`^v\d+\.\d+\.\d+$`).MatchString(version) || version == "v0.0.0" {
		t.Errorf("%q is no release", version)
	}
}

// release is the version of the root's module that the nested ones require.
func release(t *testing.T, modules map[string]string) string {
	t.Helper()
	required := regexp.MustCompile(`(?m)^(?:require)?\s+` + regexp.QuoteMeta(module) + ` (\S+)`)
	version := ""
	for _, dir := range slices.Sorted(maps.Keys(modules)) {
		found := required.FindStringSubmatch(modules[dir])
		if found == nil {
			continue // it does not need the root's
		}
		if version == "" {
			version = found[1]
		}
		if found[1] != version {
			t.Errorf("%s requires %s, another module %s", dir, found[1], version)
		}
	}
	return version
}

// tracked returns the files of the project: those that a release would have, committed or not.
func tracked(t *testing.T) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("this is no clone: %v", err)
	}
	return strings.Split(strings.Trim(string(out), "\x00"), "\x00")
}

// TestModulesAsUsersGetThem publishes all modules at one version, on a proxy of files, and uses them as somebody does who has
// nothing else: by go get and an import, and by go install.
func TestModulesAsUsersGetThem(t *testing.T) {
	files := tracked(t)
	modules := nested(t, files)
	version := release(t, modules)
	proxy := t.TempDir()
	publish(t, proxy, version, "", files, modules)
	for dir := range modules {
		publish(t, proxy, version, dir, files, modules)
	}

	mine := t.TempDir()
	env := append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod -modcacherw -trimpath", "GOMODCACHE="+t.TempDir(), "GOSUMDB=off", "GONOSUMDB=", "GOPRIVATE=",
		"GOPROXY=file://"+proxy+",file://"+goEnv(t, "GOMODCACHE")+"/cache/download,"+goEnv(t, "GOPROXY"))
	run := func(args ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), "go", args...)
		command.Dir, command.Env = mine, env
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(mine, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, dir := range append([]string{""}, slices.Sorted(maps.Keys(modules))...) {
		path := strings.TrimSuffix(module+"/"+dir, "/")
		write("go.mod", "module example.com/mine\n\ngo 1.26\n")
		write("mine.go", "package mine\n")
		run("get", path+"@"+version) // which loads all that the module requires
		for _, command := range uses[dir].commands {
			run("install", "-n", path+command+"@"+version)
		}
		if len(uses[dir].packages) == 0 {
			continue
		}
		source := "package mine\n\n"
		for _, imported := range uses[dir].packages {
			source += "import _ \"" + path + imported + "\"\n"
		}
		write("mine.go", source)
		run("mod", "tidy")
		run("build", ".")
	}
	for dir := range modules {
		if _, known := uses[dir]; !known {
			t.Errorf("nothing is said of the use of %s", dir)
		}
	}
}

// uses are packages that somebody else imports, and commands to install, of each module by its folder. Users cannot import
// what is internal, but a tool may look at all modules of a repository.
var uses = map[string]struct{ packages, commands []string }{
	"":                    {[]string{"/docker/v141/containers", "/podman", "/transport/ssh", "/catalog"}, []string{"/cmd/gantry-call"}},
	"cmd/specgen":         {nil, []string{""}},
	"transport/otelcalls": {[]string{""}, nil},
	"internal/compat":     {},
	"internal/oracle":     {},
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// leftOut are files that are like others, which a test has no time to unpack.
var leftOut = regexp.MustCompile(`^docker/v1([^4]|4[^1])|^podman/v\d|^testdata/|_test\.go$`)

// publish puts a module on a proxy of files.
func publish(t *testing.T, proxy, version, dir string, files []string, modules map[string]string) {
	t.Helper()
	path := strings.TrimSuffix(module+"/"+dir, "/")
	at := filepath.Join(proxy, path, "@v")
	if err := os.MkdirAll(at, 0o700); err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, file := range files {
		inside := strings.TrimPrefix(file, dir+"/")
		if dir == "" {
			inside = file
		}
		if inside == file && dir != "" || elsewhere(file, dir, modules) || leftOut.MatchString(file) {
			continue
		}
		info, err := os.Lstat(file)
		if err != nil || !info.Mode().IsRegular() {
			continue // deleted here, or a link, which no module has
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: path + "@" + version + "/" + inside, Method: zip.Store})
		if err == nil {
			_, err = io.Copy(w, bytes.NewReader(data))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"list": []byte(version + "\n"), version + ".mod": mod, version + ".zip": archive.Bytes(),
		version + ".info": []byte(`{"Version":"` + version + `","Time":"2026-01-02T03:04:05Z"}`),
	} {
		if err := os.WriteFile(filepath.Join(at, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// elsewhere reports whether a file is of a module below the one in dir.
func elsewhere(file, dir string, modules map[string]string) bool {
	for other := range modules {
		if other != dir && strings.HasPrefix(other+"/", strings.TrimPrefix(dir+"/", "/")) && strings.HasPrefix(file, other+"/") {
			return true
		}
	}
	return false
}
