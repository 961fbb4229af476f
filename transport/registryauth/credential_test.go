package registryauth_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"unicode/utf8"

	canarytest "github.com/gantry-go/gantry/internal/canary"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
	"github.com/gantry-go/gantry/transport/transporttest"
)

const canary = "s3cret-canary"

// full has a secret in every place.
var full = registryauth.Credential{
	Username: "alice " + canary, Password: canary, ServerAddress: "registry.example:5000", IdentityToken: canary + "1",
	RegistryToken: canary + "2", Email: "alice@example.org",
}

func TestHeaderIsWhatEnginesRead(t *testing.T) {
	data, err := base64.URLEncoding.DecodeString(string(full.Header()))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"username":"alice s3cret-canary","password":"s3cret-canary","serveraddress":"registry.example:5000",` +
		`"identitytoken":"s3cret-canary1","registrytoken":"s3cret-canary2","email":"alice@example.org"}`
	if string(data) != want {
		t.Errorf("%s\nwant %s", data, want)
	}
	if got := (registryauth.Credential{}).Header(); got != transport.Anonymous {
		t.Errorf("nobody is %q", string(got))
	}
	config := registryauth.Config{"registry.example": {Username: "alice"}}.Header()
	if data, _ := base64.URLEncoding.DecodeString(string(config)); string(data) != `{"registry.example":{"username":"alice"}}` {
		t.Errorf("config %s", data)
	}
}

// TestRow10URLSafeAlphabet has text whose encoding differs between the alphabets, and needs padding.
func TestRow10URLSafeAlphabet(t *testing.T) {
	for _, password := range []string{"???", ">>>", "ÿÿÿ~~~", "a", "ab", "abc"} {
		c := registryauth.Credential{Password: password}
		header := string(c.Header())
		if strings.ContainsAny(header, "+/") || len(header)%4 != 0 {
			t.Errorf("%q: %s", password, header)
		}
		if got, err := registryauth.Decode(c.Header()); err != nil || got != c {
			t.Errorf("%q does not come back (%v)", password, err)
		}
	}
}

func FuzzRow10RoundTrip(f *testing.F) {
	f.Add("alice", "???>>>", "registry.example:5000")
	f.Add("", "\xff", "\r\n")
	f.Fuzz(func(t *testing.T, user, password, server string) {
		c := registryauth.Credential{Username: user, Password: password, ServerAddress: server}
		got, err := registryauth.Decode(c.Header())
		if valid := utf8.ValidString(user + "\x00" + password + "\x00" + server); valid != (err == nil) || valid && got != c {
			t.Errorf("valid %v, error %v", valid, err)
		}
		all := registryauth.Config{server: c}
		if back, err := registryauth.DecodeConfig(all.Header()); err == nil && back[server] != c {
			t.Error("a configuration does not come back")
		}
	})
}

func TestCredentialsThatCannotBeEncodedAreRefused(t *testing.T) {
	op := transport.Operation{Name: "ImagePush", Method: "POST", Path: "/push"}
	bad := registryauth.Credential{Username: "\xff", Password: canary}
	for _, header := range []transport.Secret{bad.Header(), registryauth.Config{"r": bad}.Header(), registryauth.Config{"\xff": {}}.Header()} {
		r := op.Request()
		r.Header("X-Registry-Auth", header)
		if !errors.Is(r.Err(), transport.ErrInvalidInput) || strings.Contains(r.Err().Error(), canary) {
			t.Errorf("%v", r.Err())
		}
	}
}

func TestDecodeDoesNotRepeatTheHeader(t *testing.T) {
	for _, header := range []string{canary, base64.URLEncoding.EncodeToString([]byte(`{"password":"` + canary))} {
		if _, err := registryauth.Decode(transport.Secret(header)); err == nil || strings.Contains(err.Error(), canary) {
			t.Error(err)
		}
		if _, err := registryauth.DecodeConfig(transport.Secret(header)); err == nil || strings.Contains(err.Error(), canary) {
			t.Error(err)
		}
	}
}

// TestRow90NothingPrints puts credentials, and what may hold them, through whatever prints.
func TestRow90NothingPrints(t *testing.T) {
	type options struct {
		Auth, Config transport.RegistryAuth
		Nested       struct{ Credential *registryauth.Credential }
		keyring      *registryauth.Keyring // not exported: fmt sees what it has before it
	}
	config := registryauth.Config{"r": full}
	ring := registryauth.New(config, registryauth.New(config), registryauth.Func(func(context.Context, registryauth.Query) (registryauth.Credential, error) {
		return full, nil
	}))
	o := options{Auth: full.Header(), Config: ring, keyring: ring}
	o.Nested.Credential = &full
	encoded := string(full.Header())
	values := map[string]any{
		"credential": full, "pointer": &full, "config": registryauth.Config{"r": full}, "list": []registryauth.Credential{full},
		"header": full.Header(), "options": o, "pointer to options": &o,
		"keyring": ring, "limited": ring.Only("r"), "keyring by value": *ring, "keyrings": []*registryauth.Keyring{ring}, "query": transport.RegistryQuery{Refused: full.Header()},
		"provider": registryauth.Provider(config),
	}
	for name, v := range values {
		var printed []string
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%T%v", "%10v", "%t"} {
			printed = append(printed, fmt.Sprintf(strings.Replace(verb, "%T", "", 1), v))
		}
		for _, handler := range []func(*bytes.Buffer) slog.Handler{
			func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var b bytes.Buffer
			slog.New(handler(&b)).Info("call", "v", v)
			printed = append(printed, b.String())
		}
		data, err := json.Marshal(v)
		printed = append(printed, string(data), fmt.Sprint(err))
		for _, text := range printed {
			hex := fmt.Sprintf("%x", canary)
			if strings.Contains(text, canary) || strings.Contains(text, encoded) || strings.Contains(strings.ToLower(text), hex) {
				t.Errorf("%s prints %s", name, text)
			}
		}
	}
}

// TestPlaceholders holds what stands in the place of what is not printed.
func TestPlaceholders(t *testing.T) {
	for _, c := range []registryauth.Credential{full, {}, {Username: "alice"}} {
		canarytest.Prints(t, c, "[redacted]")
	}
	canarytest.Prints(t, full.Header(), "[redacted]")
	ring := registryauth.New(registryauth.Config{"r": full})
	canarytest.Prints(t, ring, "[registry credentials]")
	canarytest.Prints(t, ring.Only("r"), "[registry credentials]")
}

// TestRow90FailedCalls has calls fail in each place that knows the secret, and prints all of their errors.
func TestRow90FailedCalls(t *testing.T) {
	engine := transporttest.New(t)
	client := engine.Client(t)
	engine.Handle("POST /v1.41/images/create", transporttest.Error(401, "unauthorized: authentication required"), transporttest.Error(500, "no"),
		transporttest.Lines(map[string]string{"error": "denied"}), transporttest.Die())
	dir := t.TempDir()
	helpers(t, "fails", "garbage")
	for name, from := range map[string]transport.RegistryAuth{
		"a header":       full.Header(),
		"a header again": full.Header(),
		"a keyring":      registryauth.New(registryauth.Config{"r.example": {Username: canary, Password: canary}}),
		"once more":      registryauth.New(registryauth.Config{"r.example": {Username: canary, Password: canary}}),
		"a bad one":      registryauth.Credential{Password: canary + "\xff"}.Header(),
		"a bad ring":     registryauth.New(registryauth.Config{"r.example": {Password: canary + "\xff"}}),
		"another's":      registryauth.New(registryauth.Config{"r.example": full}),
		"a helper":       registryauth.File(write(t, `{"credHelpers": {"r.example": "fails"}}`, dir, "fails.json")),
		"a bad answer":   registryauth.File(write(t, `{"credsStore": "garbage"}`, dir, "garbage.json")),
		"a bad file":     registryauth.File(write(t, `{"auths": {"r.example": {"auth": "`+canary+`"}}}`, dir, "auth.json")),
		"no file":        registryauth.File(write(t, `{"auths": "`+canary+`"}`, dir, "none.json")),
	} {
		op := transport.Operation{Engine: "docker", Version: "1.41", Name: "ImageCreate", Method: "POST", Path: "/v1.41/images/create"}
		r := op.Request()
		r.Query("fromImage", "r.example/app")
		r.Header("X-Registry-Auth", from)
		pull, err := transport.Sequence[map[string]any](t.Context(), client, r)
		if err == nil {
			err = pull.Wait()
		}
		failure, ok := errors.AsType[*transport.Error](err)
		if !ok {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var b bytes.Buffer
		slog.New(slog.NewJSONHandler(&b, nil)).Error("pull", "err", err, "request", r, "failure", *failure)
		data, _ := json.Marshal(failure)
		for _, text := range []string{fmt.Sprintf("%v %+v %#v %q %+v %#v", err, err, err, err, *failure, r), b.String(), string(data), fmt.Sprintf("%+v", r)} {
			if strings.Contains(text, canary) || strings.Contains(text, string(full.Header())) {
				t.Errorf("%s: %s", name, text)
			}
		}
	}
}
