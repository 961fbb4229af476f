package docker_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/transport"
)

// A case of the comparison with the docker command line. Outcomes are the name of the fake engine that was asked,
// "+cert" if it was shown a certificate; "at <address>" if another was to be asked; or "refused".
type cliCase struct {
	name     string
	env      map[string]string
	config   string // of config.json
	contexts []aContext
	files    map[string]string // by path below the home folder
	want     string            // our outcome
	cli      string            // the command line's, where it is another, for the reason that is given
	reason   string
	cli20    string // that of the command line before 23, where it is another still
}

const (
	usual     = "at unix:///var/run/docker.sock"
	verified  = "what is asked to be spoken to in TLS is verified; an option alone turns that off"
	noSecrets = "an address holds no password and no parameters, rather than having them dropped"
)

var cliCases = []cliCase{
	// The order.
	{name: "nothing", want: usual},
	{name: "DOCKER_HOST", env: map[string]string{"DOCKER_HOST": "unix://$a"}, want: "a"},
	{
		name: "DOCKER_HOST before DOCKER_CONTEXT", env: map[string]string{"DOCKER_HOST": "unix://$a", "DOCKER_CONTEXT": "bee"},
		contexts: []aContext{{name: "bee", host: "unix://$b"}}, want: "a",
	},
	{
		name: "DOCKER_HOST before config.json", env: map[string]string{"DOCKER_HOST": "unix://$a"}, config: `{"currentContext":"bee"}`,
		contexts: []aContext{{name: "bee", host: "unix://$b"}}, want: "a",
	},
	{name: "DOCKER_CONTEXT", env: map[string]string{"DOCKER_CONTEXT": "bee"}, contexts: []aContext{{name: "bee", host: "unix://$b"}}, want: "b"},
	{
		name: "DOCKER_CONTEXT before config.json", env: map[string]string{"DOCKER_CONTEXT": "bee"}, config: `{"currentContext":"ay"}`,
		contexts: []aContext{{name: "ay", host: "unix://$a"}, {name: "bee", host: "unix://$b"}}, want: "b",
	},
	{name: "config.json", config: `{"currentContext":"bee"}`, contexts: []aContext{{name: "bee", host: "unix://$b"}}, want: "b"},
	{name: "config.json in other case", config: `{"CURRENTCONTEXT":"bee"}`, contexts: []aContext{{name: "bee", host: "unix://$b"}}, want: "b"},
	{
		name: "config.json with more behind", config: `{"currentContext":"bee","auths":{"r":{"auth":"dTpw"}}} rest`,
		contexts: []aContext{{name: "bee", host: "unix://$b"}}, want: "b",
	},
	{
		name: "DOCKER_CONFIG", env: map[string]string{"DOCKER_CONFIG": "$dir/other"}, config: `{"currentContext":"bee"}`,
		contexts: []aContext{{name: "bee", host: "unix://$b"}}, want: usual,
	},
	{name: "contexts that nobody chooses", config: `{}`, contexts: []aContext{{name: "bee", host: "unix://$b"}}, want: usual},
	{
		name: "DOCKER_CONTEXT default", env: map[string]string{"DOCKER_CONTEXT": "default"}, config: `{"currentContext":"bee"}`,
		contexts: []aContext{{name: "bee", host: "unix://$b"}, {name: "default", host: "unix://$a"}}, want: usual,
	},
	{name: "config.json default", config: `{"currentContext":"default"}`, contexts: []aContext{{name: "default", host: "unix://$a"}}, want: usual},
	{
		name: "DOCKER_HOST empty", env: map[string]string{"DOCKER_HOST": ""}, config: `{"currentContext":"bee"}`,
		contexts: []aContext{{name: "bee", host: "unix://$b"}}, want: "b",
		cli20: usual, // whoever sets it to nothing has set it
	},
	{
		name: "DOCKER_HOST of spaces", env: map[string]string{"DOCKER_HOST": "  "}, config: `{"currentContext":"bee"}`,
		contexts: []aContext{{name: "bee", host: "unix://$b"}}, want: usual,
	},
	{
		name: "DOCKER_CONTEXT empty", env: map[string]string{"DOCKER_CONTEXT": ""}, config: `{"currentContext":"bee"}`,
		contexts: []aContext{{name: "bee", host: "unix://$b"}}, want: "b", cli20: "refused",
	},
	{name: "config.json empty", config: " ", want: usual},
	{
		name: "config.json broken", config: `{"currentContext":"bee"`, contexts: []aContext{{name: "bee", host: "unix://$b"}},
		want: "refused", cli: usual, reason: "it may have chosen another engine; the command line warns of it",
	},
	{name: "config.json of another type", config: `{"currentContext":5}`, want: "refused", cli: usual, reason: "as above"},
	{name: "config.json wrong elsewhere", config: `{"auths":5,"currentContext":"bee"}`, contexts: []aContext{{name: "bee", host: "unix://$b"}}, want: "b"},

	// Contexts.
	{name: "no such context", env: map[string]string{"DOCKER_CONTEXT": "none"}, want: "refused"},
	{name: "no such current context", config: `{"currentContext":"none"}`, want: "refused"},
	{name: "hostile name", env: map[string]string{"DOCKER_CONTEXT": "../../x"}, want: "refused"},
	{name: "context without a host", env: map[string]string{"DOCKER_CONTEXT": "bee"}, contexts: []aContext{{name: "bee"}}, want: usual},
	{
		name: "broken context", env: map[string]string{"DOCKER_CONTEXT": "bee"},
		files: map[string]string{metaFile(".docker", "bee"): `{"Endpoints":{"docker":{"Host":"unix:///x"}}`}, want: "refused",
	},
	{
		name: "context of another kind", env: map[string]string{"DOCKER_CONTEXT": "bee"},
		files: map[string]string{metaFile(".docker", "bee"): `{"Name":"bee","Endpoints":{"kubernetes":{}}}`}, want: "refused",
	},
	{
		name: "context in other case", env: map[string]string{"DOCKER_CONTEXT": "bee"},
		files: map[string]string{metaFile(".docker", "bee"): `{"endpoints":{"docker":{"host":"unix://$b"}}}`}, want: "b",
	},
	{name: "context in plain text", env: map[string]string{"DOCKER_CONTEXT": "tcp"}, contexts: []aContext{{name: "tcp", host: "tcp://$plain"}}, want: "plain"},
	{name: "context by http", env: map[string]string{"DOCKER_CONTEXT": "tcp"}, contexts: []aContext{{name: "tcp", host: "http://$plain"}}, want: "plain"},
	{name: "context with TLS", env: map[string]string{"DOCKER_CONTEXT": "tcp"}, contexts: []aContext{{name: "tcp", host: "tcp://$tls", certs: "ca"}}, want: "tls"},
	{name: "context with a certificate", env: map[string]string{"DOCKER_CONTEXT": "tcp"}, contexts: []aContext{{name: "tcp", host: "tcp://$mtls", certs: "full"}}, want: "mtls+cert"},
	{name: "context by http with TLS", env: map[string]string{"DOCKER_CONTEXT": "tcp"}, contexts: []aContext{{name: "tcp", host: "http://$mtls", certs: "full"}}, want: "mtls+cert"},
	{name: "context of a rogue", env: map[string]string{"DOCKER_CONTEXT": "tcp"}, contexts: []aContext{{name: "tcp", host: "tcp://$rogue", certs: "full"}}, want: "refused"},
	{name: "context without an authority", env: map[string]string{"DOCKER_CONTEXT": "tcp"}, contexts: []aContext{{name: "tcp", host: "tcp://$mtls", certs: "noca"}}, want: "refused"},
	{name: "context with an empty folder", env: map[string]string{"DOCKER_CONTEXT": "tcp"}, contexts: []aContext{{name: "tcp", host: "tcp://$tls", certs: "nothing"}}, want: "refused"},
	{name: "context that skips verification", env: map[string]string{"DOCKER_CONTEXT": "tcp"}, contexts: []aContext{{name: "tcp", host: "tcp://$rogue", skip: true}}, want: "rogue"},
	{
		name: "context with half a pair", env: map[string]string{"DOCKER_CONTEXT": "tcp"}, contexts: []aContext{{name: "tcp", host: "tcp://$tls", certs: "nokey"}},
		want: "refused", cli: "tls", reason: "a certificate without its key is a mistake",
	},
	{
		name: "context by https", env: map[string]string{"DOCKER_CONTEXT": "tcp"}, contexts: []aContext{{name: "tcp", host: "https://$plain"}},
		want: "refused", cli: "plain", reason: "https is TLS",
	},
	{
		name: "DOCKER_CERT_PATH is not for contexts", env: map[string]string{"DOCKER_CONTEXT": "tcp", "DOCKER_CERT_PATH": "$dir/certs/full"},
		contexts: []aContext{{name: "tcp", host: "tcp://$plain"}}, want: "plain",
	},
	{
		name: "DOCKER_TLS_VERIFY and a context in plain text", env: map[string]string{"DOCKER_CONTEXT": "tcp", "DOCKER_TLS_VERIFY": "1"},
		contexts: []aContext{{name: "tcp", host: "tcp://$plain"}}, want: "refused", cli: "plain", reason: "TLS was asked for",
	},
	{
		name: "DOCKER_TLS_VERIFY and a context that skips", env: map[string]string{"DOCKER_CONTEXT": "tcp", "DOCKER_TLS_VERIFY": "1"},
		contexts: []aContext{{name: "tcp", host: "tcp://$rogue", skip: true}}, want: "refused", cli: "rogue", reason: "verification was asked for",
	},

	// TLS by the environment.
	{name: "VERIFY", env: map[string]string{"DOCKER_HOST": "tcp://$mtls", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "$dir/certs/full"}, want: "mtls+cert"},
	{name: "VERIFY of 0", env: map[string]string{"DOCKER_HOST": "tcp://$rogue", "DOCKER_TLS_VERIFY": "0", "DOCKER_CERT_PATH": "$dir/certs/full"}, want: "refused"},
	{name: "VERIFY and a plain engine", env: map[string]string{"DOCKER_HOST": "tcp://$plain", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "$dir/certs/full"}, want: "refused"},
	{name: "VERIFY without files", env: map[string]string{"DOCKER_HOST": "tcp://$tls", "DOCKER_TLS_VERIFY": "1"}, want: "refused"},
	{name: "VERIFY with an authority alone", env: map[string]string{"DOCKER_HOST": "tcp://$tls", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "$dir/certs/ca"}, want: "tls"},
	{name: "VERIFY with another authority", env: map[string]string{"DOCKER_HOST": "tcp://$tls", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "$dir/certs/evil"}, want: "refused"},
	{name: "VERIFY without an authority", env: map[string]string{"DOCKER_HOST": "tcp://$mtls", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "$dir/certs/noca"}, want: "refused"},
	{name: "VERIFY with a bad authority", env: map[string]string{"DOCKER_HOST": "tcp://$mtls", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "$dir/certs/bad"}, want: "refused"},
	{
		name: "VERIFY with half a pair", env: map[string]string{"DOCKER_HOST": "tcp://$tls", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "$dir/certs/nokey"},
		want: "refused", cli: "tls", reason: "a certificate without its key is a mistake",
	},
	{name: "VERIFY and DOCKER_CONFIG", env: map[string]string{"DOCKER_HOST": "tcp://$mtls", "DOCKER_TLS_VERIFY": "1", "DOCKER_CONFIG": "$dir/certs/full"}, want: "mtls+cert"},
	{name: "VERIFY and no host", env: map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "$dir/certs/full"}, want: "at tcp://localhost:2376"},
	{name: "VERIFY and no port", env: map[string]string{"DOCKER_HOST": "tcp://localhost", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "$dir/certs/full"}, want: "at tcp://localhost:2375"},
	{
		name: "VERIFY and a socket", env: map[string]string{"DOCKER_HOST": "unix://$a", "DOCKER_TLS_VERIFY": "1"},
		want: "a", cli: "refused", reason: "a socket has no use for the files, so they may be missing",
	},
	{
		name: "VERIFY and a socket, with files", env: map[string]string{"DOCKER_HOST": "unix://$a", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "$dir/certs/full"},
		want: "a", cli20: "refused", // which takes the path for the name of a host then
	},
	{name: "DOCKER_TLS", env: map[string]string{"DOCKER_HOST": "tcp://$mtls", "DOCKER_TLS": "1", "DOCKER_CERT_PATH": "$dir/certs/full"}, want: "mtls+cert"},
	{
		name: "DOCKER_TLS and a rogue", env: map[string]string{"DOCKER_HOST": "tcp://$rogue", "DOCKER_TLS": "1", "DOCKER_CERT_PATH": "$dir/certs/full"},
		want: "refused", cli: "rogue", reason: verified,
	},
	{
		name: "certificates alone", env: map[string]string{"DOCKER_HOST": "tcp://$plain", "DOCKER_CERT_PATH": "$dir/certs/full"},
		want: "refused", cli: "plain", reason: "who names certificates wants them used",
	},
	{
		name: "certificates alone, with TLS", env: map[string]string{"DOCKER_HOST": "tcp://$mtls", "DOCKER_CERT_PATH": "$dir/certs/full"},
		want: "mtls+cert", cli: "refused", reason: "as above",
	},
	{name: "certificates and no host", env: map[string]string{"DOCKER_CERT_PATH": "$dir/certs/full"}, want: usual},

	// Forms of DOCKER_HOST.
	{name: "no scheme", env: map[string]string{"DOCKER_HOST": "$plain"}, want: "plain"},
	{name: "spaces", env: map[string]string{"DOCKER_HOST": " tcp://$plain "}, want: "plain"},
	{name: "a path behind", env: map[string]string{"DOCKER_HOST": "tcp://$plain/engine"}, want: "plain"},
	{name: "no host", env: map[string]string{"DOCKER_HOST": ":1"}, want: "at tcp://localhost:1"},
	{name: "no port", env: map[string]string{"DOCKER_HOST": "tcp://127.0.0.2"}, want: "at tcp://127.0.0.2:2375"},
	{name: "an empty port", env: map[string]string{"DOCKER_HOST": "tcp://127.0.0.2:"}, want: "at tcp://127.0.0.2:2375"},
	{name: "a name", env: map[string]string{"DOCKER_HOST": "localhost"}, want: "at tcp://localhost:2375"},
	{name: "tcp alone", env: map[string]string{"DOCKER_HOST": "tcp://"}, want: "at tcp://localhost:2375"},
	{name: "unix alone", env: map[string]string{"DOCKER_HOST": "unix://"}, want: usual},
	{name: "IPv6", env: map[string]string{"DOCKER_HOST": "tcp://[::1]:1"}, want: "at tcp://[::1]:1"},
	{name: "IPv6 with an empty port", env: map[string]string{"DOCKER_HOST": "tcp://[::1]:"}, want: "at tcp://[::1]:2375"},
	{name: "IPv6 without a port", env: map[string]string{"DOCKER_HOST": "tcp://[::1]"}, want: "at tcp://[::1]:2375", cli: "refused", reason: "it can mean nothing else"},
	{name: "capitals", env: map[string]string{"DOCKER_HOST": "TCP://127.0.0.2:1"}, want: "refused"},
	{name: "fd", env: map[string]string{"DOCKER_HOST": "fd://"}, want: "refused"},
	{name: "another scheme", env: map[string]string{"DOCKER_HOST": "ftp://127.0.0.2"}, want: "refused"},
	{name: "a bad port", env: map[string]string{"DOCKER_HOST": "tcp://127.0.0.2:port"}, want: "refused"},
	{name: "http", env: map[string]string{"DOCKER_HOST": "http://$plain"}, want: "plain", cli: "refused", reason: "it is what tcp means"},
	{
		name: "a path", env: map[string]string{"DOCKER_HOST": "/var/run/x.sock"},
		want: "refused", cli: "at tcp://localhost:2375/var/run/x.sock", reason: "a socket is meant, and nothing on the network is to hear of it",
	},
	{name: "a relative socket", env: map[string]string{"DOCKER_HOST": "unix://x"}, want: "refused", cli: "at unix://x", reason: "the working folder has no say in which engine it is"},
	{name: "an abstract socket", env: map[string]string{"DOCKER_HOST": "unix://@gantry-nowhere"}, want: "at unix://@gantry-nowhere"},
	{name: "a password", env: map[string]string{"DOCKER_HOST": "tcp://me:s3cret@$plain"}, want: "refused", cli: "plain", reason: noSecrets},
	{name: "a query", env: map[string]string{"DOCKER_HOST": "tcp://$plain?x=1"}, want: "refused", cli: "plain", reason: noSecrets},
	{name: "a fragment", env: map[string]string{"DOCKER_HOST": "tcp://$plain#x"}, want: "refused", cli: "plain", reason: noSecrets},
	{name: "ssh with a password", env: map[string]string{"DOCKER_HOST": "ssh://me:s3cret@127.0.0.2"}, want: "refused"},
}

// TestAsTheCommandLineDoes holds that we choose the engine that the docker command line chooses, or that the difference
// is one that is listed with its reason. It asks every docker command line on the PATH.
func TestAsTheCommandLineDoes(t *testing.T) {
	tools := commandLines(t)
	f := newFakes(t)
	for _, c := range cliCases {
		t.Run(c.name, func(t *testing.T) {
			home := t.TempDir()
			env := c.arrange(t, f, home)
			if got := ourOutcome(t, f); got != c.want {
				t.Errorf("we: %s, want %s", got, c.want)
			}
			for _, tool := range tools {
				want := c.want
				if c.cli != "" {
					want = c.cli
				}
				if tool.old && c.cli20 != "" {
					want = c.cli20
				}
				if got, output := tool.outcome(t, f, env); got != want {
					t.Errorf("%s: %s, want %s\n%s", tool.version, got, want, output)
				}
			}
			if (c.cli != "" && c.cli != c.want) != (c.reason != "") {
				t.Error("a difference has a reason, and a reason a difference")
			}
		})
	}
}

// arrange makes files and environment for a case, the latter for this process and as a list.
func (c *cliCase) arrange(t *testing.T, f *fakes, home string) (env []string) {
	t.Helper()
	config := filepath.Join(home, ".docker")
	if c.config != "" {
		write(t, filepath.Join(config, "config.json"), []byte(c.config))
	}
	for _, context := range c.contexts {
		addContext(t, config, context, f)
	}
	for path, text := range c.files {
		write(t, filepath.Join(home, path), []byte(f.expand(text)))
	}
	isolate(t)
	t.Setenv("HOME", home)
	env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}
	for name, value := range c.env {
		t.Setenv(name, f.expand(value))
		env = append(env, name+"="+f.expand(value))
	}
	return env
}

// ourOutcome opens an engine.
func ourOutcome(t *testing.T, f *fakes) string {
	t.Helper()
	_ = f.take()
	e, err := docker.Open(t.Context())
	if err == nil {
		_ = e.Close()
	}
	if asked := f.take(); asked != "" {
		return asked
	}
	if none, ok := errors.AsType[*docker.NoEngineError](err); ok {
		i := slices.IndexFunc(none.Tried, func(err error) bool {
			return strings.HasPrefix(err.Error(), "/") && strings.Contains(err.Error(), ".sock")
		})
		path, _, _ := strings.Cut(none.Tried[i].Error(), ":")
		return "at unix://" + path
	}
	if err == nil { // the machine's own, or one that listens where we look by default
		return address(e.Host())
	}
	choice, findErr := docker.Find(t.Context())
	if findErr != nil || errors.Is(err, transport.ErrTLS) || !errors.Is(err, transport.ErrConnect) {
		return "refused"
	}
	return address(choice.Host)
}

// address spells a host as the command line does.
func address(host string) string {
	scheme, rest, _ := strings.Cut(host, "://")
	if scheme == "http" || scheme == "https" {
		scheme = "tcp"
	}
	return "at " + scheme + "://" + rest
}

// commandLine is a docker command line.
type commandLine struct {
	path, version string
	old           bool // before 23
}

var cliVersion = regexp.MustCompile(`version (\d+)\.`)

// commandLines returns those on the PATH.
func commandLines(t *testing.T) (tools []commandLine) {
	t.Helper()
	seen := map[string]bool{}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		path := filepath.Join(dir, "docker")
		out, err := exec.CommandContext(t.Context(), path, "--version").Output()
		match := cliVersion.FindSubmatch(out)
		if err != nil || match == nil || seen[string(out)] {
			continue
		}
		seen[string(out)] = true
		tools = append(tools, commandLine{path: path, version: strings.TrimSpace(string(out)), old: len(match[1]) < 2 || string(match[1]) < "23"})
	}
	if len(tools) == 0 {
		missing := "there is no docker command line: apt-get install docker.io"
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	return tools
}

var (
	cannotConnect = regexp.MustCompile(`Cannot connect to the Docker daemon at (\S+)\. Is`)
	dialing       = regexp.MustCompile(`error during connect: .*"https?://([^%\s]*?)/v?[0-9.]*/?version": dial tcp`)
)

// outcome runs the command line.
func (c commandLine) outcome(t *testing.T, f *fakes, env []string) (outcome, output string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_ = f.take()
	cmd := exec.CommandContext(ctx, c.path, "version", "--format", "{{.Server.Version}}")
	cmd.Env, cmd.Dir = env, t.TempDir()
	out, err := cmd.CombinedOutput()
	output = string(out)
	if asked := f.take(); asked != "" {
		return asked, output
	}
	if err == nil { // there is an engine on the machine
		inspect := exec.CommandContext(ctx, c.path, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
		inspect.Env = env
		out, _ := inspect.Output()
		return "at " + strings.TrimSpace(string(out)), output
	}
	if m := cannotConnect.FindStringSubmatch(output); m != nil {
		return "at " + m[1], output
	}
	if m := dialing.FindStringSubmatch(output); m != nil {
		return "at tcp://" + m[1], output
	}
	return "refused", output
}
