package otelcalls_test

import (
	"encoding/base64"
	"fmt"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/gantry-go/gantry/docker"
	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/docker/v141/system"
	"github.com/gantry-go/gantry/internal/canary"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/transport"
)

// TestRow90NoSecretInSpans has a real engine and a real registry, right and wrong passwords, and looks for them in spans and
// measurements.
func TestRow90NoSecretInSpans(t *testing.T) {
	engine := enginetest.Docker(t)
	image := engine.LoadImage(t)
	address, user, password := enginetest.Registry(t)
	c, r := canary.New(t, password), newRecorder(t)
	e, err := docker.OpenHost(t.Context(), engine.Host, r.observer(propagation.TraceContext{}))
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close() //nolint:errcheck // the test has what it wants
	repository, imgs := address+"/gantry/"+enginetest.Name(t), images.New(e)
	if err := imgs.Tag(t.Context(), image, &images.TagOptions{Repo: repository, Tag: "one"}); err != nil {
		t.Fatal(err)
	}
	defer imgs.Delete(t.Context(), repository+":one", nil) //nolint:errcheck // as far as it goes
	calls := 1
	for _, p := range []string{canary.Secret, password} {
		document := fmt.Sprintf(`{"username":%q,"password":%q,"serveraddress":%q}`, user, p, address)
		push, err := imgs.Push(t.Context(), repository, &images.PushOptions{
			Tag: "one", RegistryAuth: transport.Secret(base64.URLEncoding.EncodeToString([]byte(document))),
		})
		if err == nil {
			err = push.Wait()
		}
		if (err == nil) != (p == password) {
			t.Error(err)
		}
		if _, err := system.New(e).Auth(t.Context(), v141.AuthConfig{Username: user, Password: p, ServerAddress: address}); (err == nil) != (p == password) {
			t.Error(err)
		}
		calls += 2
	}
	spans := r.spans.GetSpans()
	if len(spans) < calls {
		t.Errorf("%d spans of %d calls", len(spans), calls)
	}
	for _, span := range spans {
		c.Text("a span", fmt.Sprintf("%+v", span))
		c.Text("its status", span.Status.Description)
		for _, attr := range span.Attributes {
			c.Text("an attribute", string(attr.Key)+"="+attr.Value.String())
		}
		for _, event := range span.Events {
			c.Text("an event", fmt.Sprintf("%+v", event))
		}
	}
	var measured metricdata.ResourceMetrics
	if err := r.reader.Collect(t.Context(), &measured); err != nil {
		t.Fatal(err)
	}
	c.Value("what was measured", measured)
	if len(measured.ScopeMetrics) == 0 || c.Looked() < 50 {
		t.Errorf("%d measurements, looked %d times", len(measured.ScopeMetrics), c.Looked())
	}
}
