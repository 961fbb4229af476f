package libpodtour

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gantry-go/gantry/examples/tour/guide"
	"github.com/gantry-go/gantry/podman/v43/containers"
	"github.com/gantry-go/gantry/podman/v43/kube"
	"github.com/gantry-go/gantry/transport"
)

// yaml is a pod, and a map of settings for it, as Kubernetes knows them.
const yaml = `apiVersion: v1
kind: ConfigMap
metadata: {name: words}
data: {GREETING: "hello from Kubernetes YAML"}
---
apiVersion: v1
kind: Pod
metadata: {name: conny-kube, labels: {app: conny-kube, gantry.tour: "true"}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: docker.io/library/busybox:musl
    imagePullPolicy: Never
    command: [sh, -c, "trap 'exit 0' TERM; echo $GREETING; while :; do sleep 1; done"]
    envFrom: [{configMapRef: {name: words}}]
`

// play makes a pod of YAML, looks at it, and takes it down by the same YAML.
func (t *Tour) play(ctx context.Context) error {
	t.Quote(yaml)
	t.Call(`kubes.Play(ctx, strings.NewReader(yaml), &kube.PlayOptions{Network: []string{"conny-network"}})`)
	making, done := guide.Finishing(ctx)
	defer done()
	played, err := t.kubes.Play(making, strings.NewReader(yaml), &kube.PlayOptions{Network: []string{networkName}})
	if err != nil {
		return err
	}
	for _, p := range played.Pods {
		if len(p.ContainerErrors) > 0 {
			return errors.New(strings.Join(p.ContainerErrors, "; "))
		}
		t.Value("pod", "%s with %s", guide.Short(p.ID), guide.Count(len(p.Containers), "container"))
	}
	t.Call(`ctrs.Logs(ctx, "conny-kube-main", &containers.LogsOptions{Follow: true, Stdout: true, Stderr: true})`)
	if err := t.greeting(ctx); err != nil {
		return err
	}
	t.Call(`kubes.Down(ctx, strings.NewReader(yaml))`)
	down, err := t.kubes.Down(ctx, strings.NewReader(yaml))
	if err != nil {
		return err
	}
	for _, p := range down.RmReport {
		if p.Err != "" {
			return errors.New(p.Err)
		}
		t.Value("removed", "%s", guide.Short(p.ID))
	}
	if err := t.pds.Exists(ctx, kubePod); !errors.Is(err, transport.ErrNotFound) {
		return fmt.Errorf("the pod is still there: %w", err)
	}
	return nil
}

// greeting reads the line that the played container prints.
func (t *Tour) greeting(ctx context.Context) error {
	logs, err := t.ctrs.Logs(ctx, kubePod+"-main", &containers.LogsOptions{Follow: true, Stdout: true, Stderr: true})
	if err != nil {
		return err
	}
	for line, err := range logs.Lines() {
		if err != nil {
			return err
		}
		t.Value(line.Stream.String(), "%s", line.Text)
		return nil
	}
	return errors.New("it says nothing")
}

// generate has the engine write the YAML of which conny could be made.
func (t *Tour) generate(ctx context.Context) error {
	t.Call(`kubes.Generate(ctx, []string{"conny"}, nil)`)
	stream, err := t.kubes.Generate(ctx, []string{conny}, nil)
	if err != nil {
		return err
	}
	defer stream.Close() //nolint:errcheck // it has been read
	text, err := io.ReadAll(stream)
	if err != nil {
		return err
	}
	if !bytes.Contains(text, []byte("kind: Pod")) {
		return fmt.Errorf("the engine wrote %q", text)
	}
	t.Quote(string(text))
	return nil
}
