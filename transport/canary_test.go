package transport_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/internal/canary"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// canarySecret is in every secret of these tests, and nowhere else.
const canarySecret = canary.Secret

// trap looks for the canarySecret in whatever it is shown.
type trap struct{ *canary.Trap }

// login is a body with a password.
type login struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// secretive makes a request that has a secret wherever one can be.
func (c trap) secretive(op transport.Operation, body any) *transport.Request {
	var args []string
	if strings.Contains(op.Path, "{") {
		args = []string{"conny"}
	}
	credential := registryauth.Credential{Username: "alice", Password: canarySecret, IdentityToken: canarySecret, ServerAddress: "registry.example"}
	r := op.Request(args...)
	r.Query("remote", "https://alice:"+canarySecret+"@example/")
	r.QueryRequired("token", canarySecret)
	r.QueryJSON("buildargs", map[string]string{"password": canarySecret})
	r.Header("X-Registry-Auth", credential.Header())
	r.Header("X-Registry-Config", registryauth.Config{"registry.example": credential}.Header())
	r.Header("X-Secret", transport.Secret(canarySecret))
	r.Header("Authorization", "Bearer "+canarySecret)
	switch body := body.(type) {
	case nil:
	case io.Reader:
		r.Upload(body, "application/x-tar")
	default:
		r.JSON(body)
	}
	c.Value("a request", r)
	c.Value("its values", *r)
	c.Err("its error", r.Err())
	return r
}

// everyKind makes a call of each kind and shows all that comes of it.
func (c trap) everyKind(ctx context.Context, caller transport.Caller) {
	c.Value("the caller", caller)
	show := func(what string, v any, err error) {
		c.Value(what, v)
		c.Err(what, err)
	}
	object, err := transport.Object[thing](ctx, caller, c.secretive(opCreate, login{"alice", canarySecret}), "Id")
	show("object", object, err)
	list, err := transport.List[thing](ctx, caller, c.secretive(opList, nil))
	show("list", list, err)
	value, err := transport.Value[thing](ctx, caller, c.secretive(opInspect, nil))
	show("value", value, err)
	show("none", nil, transport.None(ctx, caller, c.secretive(opStart, nil)))
	show("upload", nil, transport.None(ctx, caller, c.secretive(opArchive, io.MultiReader(strings.NewReader(canarySecret)))))
	header, err := transport.Headers[struct {
		Stat thing `header:"X-Stat,base64json"`
	}](ctx, caller, c.secretive(opInspect, nil))
	show("headers", header, err)
	stream, err := transport.Bytes(ctx, caller, c.secretive(opExport, nil))
	show("bytes", stream, err)
	if err == nil {
		_, err = io.Copy(io.Discard, stream)
		show("bytes", stream, errors.Join(err, stream.Close()))
	}
	messages, err := transport.Sequence[thing](ctx, caller, c.secretive(opPull, nil))
	show("sequence", messages, err)
	if err == nil {
		show("sequence", messages, messages.Wait())
	}
	pending, err := transport.Late[thing](ctx, caller, c.secretive(opWait, nil))
	show("promise", pending, err)
	if err == nil {
		got, err := pending.Result()
		show("promise", got, err)
	}
	logs, err := transport.Framed(ctx, caller, c.secretive(opLogs, nil), transport.Framing{Inspect: c.secretive(opInspect, nil), Member: "Config.Tty"})
	show("logs", logs, err)
	if err == nil {
		_, err = logs.Demux(io.Discard, io.Discard)
		show("logs", logs, err)
	}
	for _, protocol := range []string{"tcp", "websocket"} {
		r := c.secretive(opAttach, nil)
		r.UpgradeTo(protocol)
		conn, err := transport.Upgrade(ctx, caller, r)
		show("upgrade", conn, err)
		if err == nil {
			_, err = conn.Write([]byte(canarySecret))
			show("writing", conn, err)
			show("half-close", conn, conn.CloseWrite())
			_, err = conn.Demux(io.Discard, io.Discard)
			show("reading", conn, errors.Join(err, conn.Close()))
			_, err = conn.Read(make([]byte, 1))
			show("reading what is closed", conn, err)
		}
	}
	resp, err := caller.Do(ctx, c.secretive(opStart, nil))
	if err == nil {
		resp.Header.Del("Location") // the engine's own
		c.Value("a raw answer", resp)
		c.Value("its request", resp.Request)
		_ = resp.Body.Close()
	}
	c.Err("raw", err)
	show("bad text", nil, transport.None(ctx, caller, c.secretive(opCreate, login{"alice", canarySecret + "\xff"})))
	show("bad value", nil, transport.None(ctx, caller, c.secretive(opCreate, map[string]any{"password": canarySecret, "f": func() {}})))
	for what, spoil := range map[string]func(*transport.Request){
		"bad header":       func(r *transport.Request) { r.Header("Authorization", canarySecret+"\r\nX: y") },
		"bad secret":       func(r *transport.Request) { r.Header("X-Secret", transport.Secret(canarySecret+"\n")) },
		"bad query":        func(r *transport.Request) { r.Query("token", canarySecret+"\xff") },
		"bad query's type": func(r *transport.Request) { r.Query("token", map[string]chan int{canarySecret: nil}) },
		"bad JSON":         func(r *transport.Request) { r.QueryJSON("x", map[string]string{"token": canarySecret + "\xff"}) },
	} {
		r := c.secretive(opStart, nil)
		spoil(r)
		c.Value(what, r)
		show(what, nil, transport.None(ctx, caller, r))
	}
}

// TestRow90NoSecretIsShown sends secrets with every kind of call, through every failure, and looks for them in all that
// is printed, logged, observed or returned.
func TestRow90NoSecretIsShown(t *testing.T) {
	answers := map[string]transporttest.Answer{
		"success":        transporttest.JSON(200, thing{ID: "x"}),
		"nothing":        transporttest.Empty(204),
		"bad request":    transporttest.Error(400, "no"),
		"not authorized": transporttest.Error(401, "no"),
		"conflict":       transporttest.PodmanError(409, "no", "conflict"),
		"failure":        transporttest.Error(500, "no"),
		"a page":         transporttest.Text(502, "text/html", "<title>bad gateway</title>"),
		"redirect":       transporttest.Empty(307).Header("Location", "https://alice:"+canarySecret+"@elsewhere/"),
		"in a stream":    transporttest.Lines(map[string]string{"error": "no"}),
		"no JSON":        transporttest.Text(200, "application/json", "{"),
		"cut":            transporttest.Text(200, "application/json", strings.Repeat(" ", 1000)).Cut(300),
		"nothing at all": transporttest.Raw(nil),
		"no HTTP":        transporttest.Raw([]byte("SSH-2.0-x\r\n")),
		"upgrade":        transporttest.Upgrade(func(c *transporttest.Conn) { _, _ = c.Write(transporttest.Frame(3, "no")) }),
		"huge header":    transporttest.Empty(200).HugeHeader(1 << 20),
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			engine := transporttest.New(t)
			engine.Handle("/{any...}", answer)
			c := trap{canary.New(t)}
			client := engine.Client(t, c.Options()...)
			c.everyKind(t.Context(), client)
			if len(engine.Requests()) == 0 || c.Looked() < 1000 {
				t.Errorf("%d requests, looked %d times", len(engine.Requests()), c.Looked())
			}
			if sent := string(engine.Requests()[0].Head); !strings.Contains(sent, canarySecret) {
				t.Error("the secret was not even sent")
			}
		})
	}
}

// TestRow90NoSecretIsShownUnsent is about what fails before a request leaves, and about hosts and keys.
func TestRow90NoSecretIsShownUnsent(t *testing.T) {
	c := trap{canary.New(t)}
	engine := transporttest.New(t, transporttest.TLS(nil))
	engine.Handle("/{any...}", transporttest.JSON(200, thing{ID: "x"}))
	clients := map[string]*transport.Client{}
	add := func(name, host string, options ...transport.Option) {
		client, err := transport.New(host, append(options, c.Options()...)...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		clients[name] = client
	}
	none := transporttest.New(t)
	add("no engine", none.Host()+"x")
	add("refused by policy", none.Host(), transport.WithPolicy(func(*transport.Request) error { return errors.New("no") }))
	add("closed", none.Host())
	_ = clients["closed"].Close()
	add("unknown authority", engine.Host())
	key := tls.Certificate{Certificate: [][]byte{[]byte(canarySecret)}, PrivateKey: transport.Secret(canarySecret)}
	add("keys", engine.Host(), transport.WithTLS(&tls.Config{
		InsecureSkipVerify: true, ServerName: "x", Certificates: []tls.Certificate{key}, MinVersion: tls.VersionTLS12,
	}))
	add("a dialer", none.Host(), transport.WithDialer(func(context.Context) (net.Conn, error) { return nil, io.ErrUnexpectedEOF }),
		transport.WithUserAgent("x"))
	for _, client := range clients {
		c.everyKind(t.Context(), client)
	}
	c.everyKind(t.Context(), transport.With(transport.Restrict(clients["keys"]), func(*transport.Request) {}))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	c.everyKind(ended, clients["keys"])

	for _, host := range []string{
		"tcp://alice:" + canarySecret + "@host:2375", "https://" + canarySecret + "@host", "tcp://host?token=" + canarySecret, "http://host#" + canarySecret,
		"ssh://alice:" + canarySecret + "@host", "npipe://" + canarySecret, "unix://" + canarySecret, "tcp://" + canarySecret + "\x7f", "tcp://[" + canarySecret,
	} {
		_, err := transport.New(host, c.Options()...)
		c.Err("a host", err)
		if !errors.Is(err, transport.ErrInvalidInput) {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, option := range []transport.Option{transport.WithUserAgent(canarySecret), transport.WithUserAgent(canarySecret + "\n")} {
		client, err := transport.New(none.Host(), option)
		c.Value("an option", option)
		c.Value("a client", client)
		c.Err("an option", err)
		if client != nil {
			_ = client.Close()
		}
	}
	credential := registryauth.Credential{Username: "alice", Password: canarySecret, IdentityToken: canarySecret, RegistryToken: canarySecret}
	c.Value("a credential", credential)
	c.Value("its header", credential.Header())
	c.Value("credentials", registryauth.Config{"registry.example": credential})
	c.Value("their header", registryauth.Config{"registry.example": credential}.Header())
}
