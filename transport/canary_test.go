package transport_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
	"github.com/gantry-go/gantry/transport/slogcalls"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// canary is in every secret of these tests, and nowhere else. It has no character that any encoding changes.
const canary = "CANARYsecret"

// canaries are the forms in which it may show.
var canaries = []string{canary, base64.StdEncoding.EncodeToString([]byte(canary))[:12], fmt.Sprintf("%x", canary)}

// trap looks for the canary in whatever it is shown.
type trap struct {
	t  *testing.T
	mu sync.Mutex
	n  int // how much it was shown
}

func (c *trap) text(what, s string) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
	for _, form := range canaries {
		if strings.Contains(strings.ToLower(s), strings.ToLower(form)) {
			c.t.Errorf("%s shows the secret: %s", what, s)
			return
		}
	}
}

// value prints a value in every way that there is.
func (c *trap) value(what string, v any) {
	c.t.Helper()
	if v == nil || reflect.ValueOf(v).Kind() == reflect.Pointer && reflect.ValueOf(v).IsNil() {
		return
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		c.text(what+" by "+verb, fmt.Sprintf(verb, v))
	}
	c.text(what+" inside others", fmt.Sprintf("%v %+v %s", struct{ V any }{v}, []any{v}, map[string]any{"v": v}))
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
	c.text(what+" by slog", out.String())
	if doc, err := json.Marshal(v); err == nil {
		c.text(what+" in JSON", string(doc))
	} else {
		c.text(what+" refused by JSON", err.Error())
	}
}

// err prints an error and every error in it.
func (c *trap) err(what string, err error) {
	c.t.Helper()
	if err == nil {
		return
	}
	c.value(what, err)
	switch e := err.(type) { //nolint:errorlint // the walk itself
	case interface{ Unwrap() error }:
		c.err(what, e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			c.err(what, inner)
		}
	}
}

// Write takes what is logged.
func (c *trap) Write(p []byte) (int, error) {
	c.t.Helper()
	c.text("a log", string(p))
	return len(p), nil
}

func (c *trap) observe(_ context.Context, call *transport.Call) func() {
	c.value("a call that begins", call)
	return func() {
		c.value("a call that ended", call)
		c.value("its values", *call)
		c.err("its error", call.Err)
		c.text("its class", call.Class())
	}
}

// options are those of a client that is watched by all that watch.
func (c *trap) options() []transport.Option {
	logger := slog.New(slog.NewTextHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug}))
	inJSON := slog.New(slog.NewJSONHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug}))
	return []transport.Option{
		transport.WithObserver(c.observe),
		transport.WithObserver(slogcalls.New(logger, &slogcalls.Options{Begin: true})),
		transport.WithObserver(slogcalls.New(inJSON, nil)),
		transport.WithHeaderTimeout(time.Minute),
	}
}

// login is a body with a password.
type login struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// secretive makes a request that has a secret wherever one can be.
func (c *trap) secretive(op transport.Operation, body any) *transport.Request {
	var args []string
	if strings.Contains(op.Path, "{") {
		args = []string{"conny"}
	}
	credential := registryauth.Credential{Username: "alice", Password: canary, IdentityToken: canary, ServerAddress: "registry.example"}
	r := op.Request(args...)
	r.Query("remote", "https://alice:"+canary+"@example/")
	r.QueryRequired("token", canary)
	r.QueryJSON("buildargs", map[string]string{"password": canary})
	r.Header("X-Registry-Auth", credential.Header())
	r.Header("X-Registry-Config", registryauth.Config{"registry.example": credential}.Header())
	r.Header("X-Secret", transport.Secret(canary))
	r.Header("Authorization", "Bearer "+canary)
	switch body := body.(type) {
	case nil:
	case io.Reader:
		r.Upload(body, "application/x-tar")
	default:
		r.JSON(body)
	}
	c.value("a request", r)
	c.value("its values", *r)
	c.err("its error", r.Err())
	return r
}

// everyKind makes a call of each kind and shows all that comes of it.
func (c *trap) everyKind(ctx context.Context, caller transport.Caller) {
	c.value("the caller", caller)
	show := func(what string, v any, err error) {
		c.value(what, v)
		c.err(what, err)
	}
	object, err := transport.Object[thing](ctx, caller, c.secretive(opCreate, login{"alice", canary}), "Id")
	show("object", object, err)
	list, err := transport.List[thing](ctx, caller, c.secretive(opList, nil))
	show("list", list, err)
	value, err := transport.Value[thing](ctx, caller, c.secretive(opInspect, nil))
	show("value", value, err)
	show("none", nil, transport.None(ctx, caller, c.secretive(opStart, nil)))
	show("upload", nil, transport.None(ctx, caller, c.secretive(opArchive, io.MultiReader(strings.NewReader(canary)))))
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
			_, err = conn.Write([]byte(canary))
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
		c.value("a raw answer", resp)
		c.value("its request", resp.Request)
		_ = resp.Body.Close()
	}
	c.err("raw", err)
	show("bad text", nil, transport.None(ctx, caller, c.secretive(opCreate, login{"alice", canary + "\xff"})))
	show("bad value", nil, transport.None(ctx, caller, c.secretive(opCreate, map[string]any{"password": canary, "f": func() {}})))
	for what, spoil := range map[string]func(*transport.Request){
		"bad header":       func(r *transport.Request) { r.Header("Authorization", canary+"\r\nX: y") },
		"bad secret":       func(r *transport.Request) { r.Header("X-Secret", transport.Secret(canary+"\n")) },
		"bad query":        func(r *transport.Request) { r.Query("token", canary+"\xff") },
		"bad query's type": func(r *transport.Request) { r.Query("token", map[string]chan int{canary: nil}) },
		"bad JSON":         func(r *transport.Request) { r.QueryJSON("x", map[string]string{"token": canary + "\xff"}) },
	} {
		r := c.secretive(opStart, nil)
		spoil(r)
		c.value(what, r)
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
		"redirect":       transporttest.Empty(307).Header("Location", "https://alice:"+canary+"@elsewhere/"),
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
			c := &trap{t: t}
			client := engine.Client(t, c.options()...)
			c.everyKind(t.Context(), client)
			if len(engine.Requests()) == 0 || c.n < 1000 {
				t.Errorf("%d requests, looked %d times", len(engine.Requests()), c.n)
			}
			if sent := string(engine.Requests()[0].Head); !strings.Contains(sent, canary) {
				t.Error("the secret was not even sent")
			}
		})
	}
}

// TestRow90NoSecretIsShownUnsent is about what fails before a request leaves, and about hosts and keys.
func TestRow90NoSecretIsShownUnsent(t *testing.T) {
	c := &trap{t: t}
	engine := transporttest.New(t, transporttest.TLS(nil))
	engine.Handle("/{any...}", transporttest.JSON(200, thing{ID: "x"}))
	clients := map[string]*transport.Client{}
	add := func(name, host string, options ...transport.Option) {
		client, err := transport.New(host, append(options, c.options()...)...)
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
	key := tls.Certificate{Certificate: [][]byte{[]byte(canary)}, PrivateKey: transport.Secret(canary)}
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
		"tcp://alice:" + canary + "@host:2375", "https://" + canary + "@host", "tcp://host?token=" + canary, "http://host#" + canary,
		"ssh://alice:" + canary + "@host", "npipe://" + canary, "unix://" + canary, "tcp://" + canary + "\x7f", "tcp://[" + canary,
	} {
		_, err := transport.New(host, c.options()...)
		c.err("a host", err)
		if !errors.Is(err, transport.ErrInvalidInput) {
			t.Errorf("%s: %v", host, err)
		}
	}
	for _, option := range []transport.Option{transport.WithUserAgent(canary), transport.WithUserAgent(canary + "\n")} {
		client, err := transport.New(none.Host(), option)
		c.value("an option", option)
		c.value("a client", client)
		c.err("an option", err)
		if client != nil {
			_ = client.Close()
		}
	}
	credential := registryauth.Credential{Username: "alice", Password: canary, IdentityToken: canary, RegistryToken: canary}
	c.value("a credential", credential)
	c.value("its header", credential.Header())
	c.value("credentials", registryauth.Config{"registry.example": credential})
	c.value("their header", registryauth.Config{"registry.example": credential}.Header())
}
