package transport

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
)

// alphabets are the forms of base64: Docker writes the first, Podman the second.
var alphabets = map[string]*base64.Encoding{
	"standard": base64.StdEncoding, "for URLs": base64.URLEncoding,
	"standard, not padded": base64.RawStdEncoding, "for URLs, not padded": base64.RawURLEncoding,
}

// TestHeadersInEveryAlphabet decodes names whose bytes come out differently in the two alphabets of base64.
func TestHeadersInEveryAlphabet(t *testing.T) {
	type stat struct {
		Name string `json:"name"`
	}
	type answer struct {
		Stat stat `header:"X-Stat,base64json"`
	}
	for _, name := range []string{"plain", "ab~", "qq?.txt", "a\u6587\u4ef6", "\U0001F600", "\u00ff\u00ff\u00ff", "/", "_-", "a", "ab", "abc"} {
		for form, alphabet := range alphabets {
			h := http.Header{"X-Stat": {alphabet.EncodeToString([]byte(`{"name":"` + name + `"}`))}}
			resp := &http.Response{StatusCode: 200, Header: h, Body: http.NoBody}
			v, err := Headers[answer](t.Context(), answering{resp}, opGet.Request())
			if err != nil || v.Stat.Name != name {
				t.Errorf("%q, %s: %+v %v", name, form, v, err)
			}
			var direct stat
			if err := DecodeHeader(h, "X-Stat", &direct); err != nil || direct.Name != name {
				t.Errorf("%q, %s: %+v %v", name, form, direct, err)
			}
		}
	}
}

func TestHeadersThatHoldNoJSON(t *testing.T) {
	for _, value := range []string{"", "=", "!", "e30!", "bm8", "e30=e30", strings.Repeat("=", 9)} {
		var v struct{}
		err := DecodeHeader(http.Header{"X-Stat": {value}}, "X-Stat", &v)
		if err == nil || !strings.Contains(err.Error(), "X-Stat") {
			t.Errorf("%q: %v", value, err)
		}
		type answer struct {
			Stat struct{} `header:"X-Stat,base64json"`
		}
		resp := &http.Response{StatusCode: 200, Header: http.Header{"X-Stat": {value}}, Body: http.NoBody}
		if _, err := Headers[answer](t.Context(), answering{resp}, opGet.Request()); !errors.Is(err, ErrProtocol) {
			t.Errorf("%q: %v", value, err)
		}
	}
}
