package podman_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/leak"
	"github.com/gantry-go/gantry/podman"
	"github.com/gantry-go/gantry/transport"
)

// A case of the comparison with the podman command line. Outcomes are the name of the fake engine that was asked, or
// "at <address>" if another was to be asked; or "refused".
type cliCase struct {
	name   string
	env    map[string]string
	files  map[string]string // by path below the home folder
	want   string            // our outcome
	cli    string            // the command line's, where it is another, for the reason that is given
	reason string
	cli4   string // that of Podman 4, where it is another still
}

const (
	usual = "at unix:///run/podman/podman.sock"
	conf  = ".config/containers/containers.conf"
	list  = ".config/containers/podman-connections.json"

	confA    = "[engine]\nactive_service=\"ay\"\n[engine.service_destinations.ay]\nuri=\"unix://$a\"\n"
	confBoth = confA + "[engine.service_destinations.bee]\nuri=\"unix://$b\"\n"
	listB    = `{"Connection":{"Default":"bee","Connections":{"bee":{"URI":"unix://$b"}}}}`
)

var cliCases = []cliCase{
	{name: "nothing", want: usual},
	{name: "CONTAINER_HOST", env: map[string]string{"CONTAINER_HOST": "unix://$a"}, want: "a"},
	{name: "CONTAINER_HOST on TCP", env: map[string]string{"CONTAINER_HOST": "tcp://$plain"}, want: "plain"},
	{name: "CONTAINER_HOST by ssh", env: map[string]string{"CONTAINER_HOST": "ssh://me@$sshd/run/x.sock"}, want: "sshd"},
	{name: "two slashes", env: map[string]string{"CONTAINER_HOST": "unix:/$a"}, want: "a"},
	{name: "no scheme", env: map[string]string{"CONTAINER_HOST": "$plain"}, want: "refused"},
	{name: "a path", env: map[string]string{"CONTAINER_HOST": "$a"}, want: "refused"},
	{name: "another scheme", env: map[string]string{"CONTAINER_HOST": "fd://"}, want: "refused"},
	{
		name: "http", env: map[string]string{"CONTAINER_HOST": "http://$plain"}, want: "plain", cli: "refused", reason: "it is what tcp means",
	},
	{
		name: "CONTAINER_HOST before files", env: map[string]string{"CONTAINER_HOST": "unix://$b", "CONTAINERS_CONF": "$dir/conf"},
		files: map[string]string{"conf": confA}, want: "b",
	},
	{
		name: "both variables", env: map[string]string{"CONTAINER_HOST": "unix://$b", "CONTAINER_CONNECTION": "ay", "CONTAINERS_CONF": "$dir/conf"},
		files: map[string]string{"conf": confA}, want: "b", cli: "a", reason: "Podman 4 and 5 differ; an address leaves less to files", cli4: "b",
	},
	{
		name: "CONTAINER_CONNECTION", env: map[string]string{"CONTAINER_CONNECTION": "bee", "CONTAINERS_CONF": "$dir/conf"},
		files: map[string]string{"conf": confBoth}, want: "b",
	},
	{
		name: "no such connection", env: map[string]string{"CONTAINER_CONNECTION": "sea", "CONTAINERS_CONF": "$dir/conf"},
		files: map[string]string{"conf": confBoth}, want: "refused", cli4: usual,
	},
	{name: "the active service", env: map[string]string{"CONTAINERS_CONF": "$dir/conf"}, files: map[string]string{"conf": confBoth}, want: "a"},
	{
		name: "an active service that is not there", env: map[string]string{"CONTAINERS_CONF": "$dir/conf"},
		files: map[string]string{"conf": "[engine]\nactive_service=\"ay\"\n"}, want: "refused", cli: usual, reason: "another engine was chosen",
	},
	{
		name: "no active service", env: map[string]string{"CONTAINERS_CONF": "$dir/conf"},
		files: map[string]string{"conf": "[engine.service_destinations.ay]\nuri=\"unix://$a\"\n"}, want: usual,
	},
	{
		name: "a connection by ssh", env: map[string]string{"CONTAINER_CONNECTION": "far", "CONTAINERS_CONF": "$dir/conf"},
		files: map[string]string{"conf": "[engine.service_destinations.far]\nuri=\"ssh://me@$sshd/run/x.sock\"\n"}, want: "sshd",
	},
	{name: "no CONTAINERS_CONF", env: map[string]string{"CONTAINERS_CONF": "$dir/none"}, want: "refused"},
	{
		name: "broken CONTAINERS_CONF", env: map[string]string{"CONTAINERS_CONF": "$dir/conf"}, files: map[string]string{"conf": "[engine"}, want: "refused",
	},
	{
		name: "CONTAINERS_CONF alone", env: map[string]string{"CONTAINERS_CONF": "$dir/conf"},
		files: map[string]string{"conf": "", conf: confA}, want: usual,
	},
	{name: "the user's file", files: map[string]string{conf: confA}, want: "a", cli4: usual}, // which root has at /etc
	{
		name: "XDG_CONFIG_HOME", env: map[string]string{"XDG_CONFIG_HOME": "$dir/xdg"},
		files: map[string]string{"xdg/containers/containers.conf": confBoth, conf: "[engine]\nactive_service=\"bee\"\n"}, want: "a", cli4: usual,
	},
	{
		name:  "the user's folder",
		files: map[string]string{conf: confBoth, conf + ".d/20.conf": "[engine]\nactive_service=\"bee\"\n", conf + ".d/10.conf": "[engine]\nactive_service=\"none\"\n", conf + ".d/30.txt": "["},
		want:  "b", cli4: usual,
	},
	{
		name: "a destination twice", files: map[string]string{conf: confA, conf + ".d/20.conf": "[engine.service_destinations.ay]\nuri=\"unix://$b\"\n"},
		want: "b", cli4: usual,
	},
	{
		name: "CONTAINERS_CONF_OVERRIDE", env: map[string]string{"CONTAINERS_CONF": "$dir/conf", "CONTAINERS_CONF_OVERRIDE": "$dir/over"},
		files: map[string]string{"conf": confBoth, "over": "[engine]\nactive_service=\"bee\"\n"}, want: "b", cli4: "a",
	},
	{name: "podman-connections.json", files: map[string]string{list: listB}, want: "b", cli4: usual},
	{name: "podman-connections.json before containers.conf", files: map[string]string{list: listB, conf: confA}, want: "b", cli4: usual},
	{
		name: "a name in both", files: map[string]string{list: `{"Connection":{"Connections":{"ay":{"URI":"unix://$b"}}}}`, conf: confA}, want: "b", cli4: usual,
	},
	{
		name: "a default of the other file", files: map[string]string{list: `{"Connection":{"Default":"ay"}}`, conf: confBoth}, want: "a", cli4: usual,
	},
	{
		name: "PODMAN_CONNECTIONS_CONF", env: map[string]string{"PODMAN_CONNECTIONS_CONF": "$dir/list"},
		files: map[string]string{"list": `{"Connection":{"Default":"ay","Connections":{"ay":{"URI":"unix://$a"}}}}`, list: listB}, want: "a", cli4: usual,
	},
	{name: "no PODMAN_CONNECTIONS_CONF", env: map[string]string{"PODMAN_CONNECTIONS_CONF": "$dir/none"}, want: usual},
	{
		name: "broken podman-connections.json", files: map[string]string{list: `{"Connection":`}, want: "refused",
		cli: usual, reason: "it may have chosen another engine",
	},
}

// TestAsTheCommandLineDoes holds that we choose the engine that `podman --remote` chooses, or that the difference is one
// that is listed with its reason. Podman 4 is the installed one; those of other suites are asked where they were fetched.
func TestAsTheCommandLineDoes(t *testing.T) {
	for _, suite := range []string{"", "trixie", "sid", "experimental"} {
		t.Run("podman"+suite, func(t *testing.T) {
			tool := newCommandLine(t, suite)
			f := newFakes(t)
			for _, c := range cliCases {
				t.Run(c.name, func(t *testing.T) { c.compare(t, f, tool) })
			}
		})
	}
}

func (c *cliCase) compare(t *testing.T, f *fakes, tool *commandLine) {
	env := c.arrange(t, f)
	if got := f.ourOutcome(t); got != c.want {
		t.Errorf("we: %s, want %s", got, c.want)
	}
	want := c.want
	if c.cli != "" {
		want = c.cli
	}
	if tool.old && c.cli4 != "" {
		want = c.cli4
	}
	if got, output := tool.outcome(t, f, env); got != want {
		t.Errorf("%s: %s, want %s\n%s", tool.version, got, want, output)
	}
	if (c.cli != "" && c.cli != c.want) != (c.reason != "") {
		t.Error("a difference has a reason, and a reason a difference")
	}
}

// arrange makes files and environment for a case, the latter for this process and as a list.
func (c *cliCase) arrange(t *testing.T, f *fakes) (env []string) {
	t.Helper()
	home := t.TempDir()
	for name, text := range c.files {
		write(t, filepath.Join(home, name), f.expand(text, home))
	}
	isolate(t)
	t.Setenv("HOME", home)
	t.Setenv("XDG_RUNTIME_DIR", "")
	env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}
	for name, value := range c.env {
		t.Setenv(name, f.expand(value, home))
		env = append(env, name+"="+f.expand(value, home))
	}
	return env
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ourOutcome opens an engine.
func (f *fakes) ourOutcome(t *testing.T) string {
	t.Helper()
	_ = f.take()
	ssh := transport.WithScheme("ssh", func(to transport.Target) (transport.Route, error) { return sshRoute{to}, nil })
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	e, err := podman.Open(ctx, ssh)
	if err == nil {
		_ = e.Close()
	}
	if asked := f.take(); asked != "" {
		return asked
	}
	if none, ok := errors.AsType[*podman.NoEngineError](err); ok {
		for _, err := range none.Tried {
			if socket, _, found := strings.Cut(err.Error(), ".sock: "); found {
				return "at unix://" + socket + ".sock"
			}
		}
	}
	if err == nil {
		return "at " + e.Host()
	}
	return "refused"
}

// sshRoute begins as ssh does, and gives up.
type sshRoute struct{ to transport.Target }

func (r sshRoute) Dial(ctx context.Context) (net.Conn, error) {
	u, err := url.Parse(r.to.Host)
	if err != nil {
		return nil, err
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // it was only to be met
	_, _ = io.WriteString(conn, "SSH-2.0-test\r\n")
	_, _ = io.Copy(io.Discard, conn)
	return nil, errors.New("it is no ssh after all")
}
func (r sshRoute) Host() string { return "ssh" }
func (r sshRoute) Close() error { return nil }

// fakes are engines, and an ssh server, that say which of them was asked.
type fakes struct {
	hosts map[string]string
	mu    sync.Mutex
	asked []string
}

func newFakes(t *testing.T) *fakes {
	t.Helper()
	leak.Check(t)
	dir, err := os.MkdirTemp("", "fakes") //nolint:usetesting // t.TempDir is too long for the paths of sockets
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	f := &fakes{hosts: map[string]string{}}
	for name, where := range map[string][2]string{
		"a": {"unix", filepath.Join(dir, "a")}, "b": {"unix", filepath.Join(dir, "b")}, "plain": {"tcp", "127.0.0.1:0"},
	} {
		server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: f.answer(name)}
		listener := f.listen(t, name, where[0], where[1])
		go func() { _ = server.Serve(listener) }()
		t.Cleanup(func() { _ = server.Close() })
	}
	sshd := f.listen(t, "sshd", "tcp", "127.0.0.1:0")
	t.Cleanup(func() { _ = sshd.Close() })
	go func() {
		for {
			conn, err := sshd.Accept()
			if err != nil {
				return
			}
			if line, _ := bufio.NewReader(conn).ReadString('\n'); strings.HasPrefix(line, "SSH-2.0-") {
				f.note("sshd")
			}
			_ = conn.Close()
		}
	}()
	return f
}

func (f *fakes) listen(t *testing.T, name, network, address string) net.Listener {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	f.hosts[name] = listener.Addr().String()
	return listener
}

func (f *fakes) answer(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		f.note(name)
		w.Header().Set("Libpod-Api-Version", "4.3.1")
		if strings.HasSuffix(r.URL.Path, "/version") {
			_, _ = io.WriteString(w, versions("4.0.0", "4.3.1"))
		}
	}
}

func (f *fakes) note(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, name)
}

// take returns which engine was asked since it was last called, if any was.
func (f *fakes) take() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked := f.asked
	f.asked = nil
	if len(asked) == 0 {
		return ""
	}
	return asked[0]
}

// expand puts addresses for $a and the like, and the home folder for $dir.
func (f *fakes) expand(s, home string) string {
	return os.Expand(s, func(name string) string {
		if name == "dir" {
			return home
		}
		return f.hosts[name]
	})
}

// commandLine is a podman command line.
type commandLine struct {
	args    []string
	env     []string
	version string
	old     bool // before 5
}

// newCommandLine returns the one that is installed, or that of another suite, which was fetched.
func newCommandLine(t *testing.T, suite string) *commandLine {
	t.Helper()
	c := &commandLine{args: []string{"podman"}}
	if suite != "" {
		dir := enginetest.Fetched(t, "podman", suite)
		libs := filepath.Join(dir, "usr", "lib", "x86_64-linux-gnu")
		c.args = []string{filepath.Join(libs, "ld-linux-x86-64.so.2"), filepath.Join(dir, "usr", "bin", "podman")}
		c.env = []string{"LD_LIBRARY_PATH=" + libs}
	}
	cmd := exec.CommandContext(t.Context(), c.args[0], append(c.args[1:], "--version")...)
	cmd.Env = append(os.Environ(), c.env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%v: %s", err, out)
		}
		t.Skipf("no podman command line: %v: %s", err, out)
	}
	c.version = strings.TrimSpace(string(out))
	c.old = strings.Contains(c.version, "version 3.") || strings.Contains(c.version, "version 4.")
	return c
}

var dialing = regexp.MustCompile(`dial unix:? (/\S+?):`)

// outcome runs the command line.
func (c *commandLine) outcome(t *testing.T, f *fakes, env []string) (outcome, output string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_ = f.take()
	cmd := exec.CommandContext(ctx, c.args[0], append(c.args[1:], "--remote", "version", "--format", "{{.Server.Version}}")...)
	cmd.Env, cmd.Dir = append(env, c.env...), t.TempDir()
	out, err := cmd.CombinedOutput()
	output = string(out)
	switch asked := f.take(); {
	case asked != "":
		return asked, output
	case err == nil: // there is an engine on the machine
		return usual, output
	}
	if m := dialing.FindStringSubmatch(output); m != nil {
		return "at unix://" + path.Clean(m[1]), output
	}
	return "refused", output
}
