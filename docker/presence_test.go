package docker_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/exec"
	"github.com/gantry-go/gantry/transport"
)

// presenceTypes has the Go types that the overlay's presence list is about, by the name it uses.
var presenceTypes = map[string]reflect.Type{
	"ContainerConfig":              reflect.TypeFor[v141.ContainerConfig](),
	"containers.CreateRequest":     reflect.TypeFor[containers.CreateRequest](),
	"containers.UpdateRequest":     reflect.TypeFor[containers.UpdateRequest](),
	"HostConfig":                   reflect.TypeFor[v141.HostConfig](),
	"TaskSpecContainerSpec":        reflect.TypeFor[v141.TaskSpecContainerSpec](),
	"TaskSpecRestartPolicy":        reflect.TypeFor[v141.TaskSpecRestartPolicy](),
	"ServiceSpecModeReplicated":    reflect.TypeFor[v141.ServiceSpecModeReplicated](),
	"ServiceSpecModeReplicatedJob": reflect.TypeFor[v141.ServiceSpecModeReplicatedJob](),
	"SwarmSpecOrchestration":       reflect.TypeFor[v141.SwarmSpecOrchestration](),
	"SwarmSpecRaft":                reflect.TypeFor[v141.SwarmSpecRaft](),
	"ServiceSpecMode":              reflect.TypeFor[v141.ServiceSpecMode](),
	"ServiceSpec":                  reflect.TypeFor[v141.ServiceSpec](),
	"TaskSpec":                     reflect.TypeFor[v141.TaskSpec](),
	"TaskSpecContainerSpecConfig":  reflect.TypeFor[v141.TaskSpecContainerSpecConfig](),
	"containers.InspectResponse":   reflect.TypeFor[containers.InspectResponse](),
	"ContainerWaitResponse":        reflect.TypeFor[v141.ContainerWaitResponse](),
	"exec.InspectResponse":         reflect.TypeFor[exec.InspectResponse](),
	"ProcessConfig":                reflect.TypeFor[v141.ProcessConfig](),
	"ImageConfig":                  reflect.TypeFor[v141.ImageConfig](),
	"BuildCache":                   reflect.TypeFor[v141.BuildCache](),
	"PluginDevice":                 reflect.TypeFor[v141.PluginDevice](),
	"PluginEnv":                    reflect.TypeFor[v141.PluginEnv](),
	"PluginMount":                  reflect.TypeFor[v141.PluginMount](),
	"Service":                      reflect.TypeFor[v141.Service](),
	"ServiceUpdateStatus":          reflect.TypeFor[v141.ServiceUpdateStatus](),
	"SwarmInfo":                    reflect.TypeFor[v141.SwarmInfo](),
	"Task":                         reflect.TypeFor[v141.Task](),
	"TaskStatus":                   reflect.TypeFor[v141.TaskStatus](),
}

// allOf has the types that take over the fields of a definition which is no type of its own any more.
var allOf = map[string][]string{
	"Resources":       {"HostConfig", "containers.UpdateRequest"},
	"ContainerConfig": {"ContainerConfig", "containers.CreateRequest"},
}

// presenceEntry is one line of the overlay's list, with the versions that it is about.
var presenceEntry = regexp.MustCompile(`^  - \{type: ([\w.]+), field: (\w+),(?: since: "1\.(\d+)",)?(?: until: "1\.(\d+)",)? reason: `)

// about reports whether an entry from one minor version to another, either of them open, is about API 1.41.
func about(since, until string) bool {
	first, err := strconv.Atoi(since)
	if err == nil && first > 41 {
		return false
	}
	last, err := strconv.Atoi(until)
	return err != nil || last >= 41
}

// TestPresence shows for every field of the presence list that a zero is sent when it is set, and nothing when not.
func TestPresence(t *testing.T) {
	overlay, err := os.ReadFile("../cmd/specgen/internal/gen/overlay/docker.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, list, found := strings.Cut(string(overlay), "\npresence:\n")
	if !found {
		t.Fatal("the overlay has no presence list")
	}
	wire := echo(t)
	fields := 0
	for line := range strings.SplitSeq(list, "\n") {
		if line != "" && !strings.HasPrefix(line, " ") {
			break
		}
		m := presenceEntry.FindStringSubmatch(line)
		if m == nil {
			if strings.HasPrefix(line, "  - ") {
				t.Errorf("not understood: %s", line)
			}
			continue
		}
		if !about(m[3], m[4]) {
			continue
		}
		names := allOf[m[1]]
		if names == nil {
			names = []string{m[1]}
		}
		for _, name := range names {
			fields++
			checkPresence(t, wire, name, m[2])
		}
	}
	if fields < 40 {
		t.Errorf("%d fields only", fields)
	}
}

func checkPresence(t *testing.T, wire transport.Caller, name, member string) {
	t.Helper()
	typ := presenceTypes[name]
	if typ == nil {
		t.Errorf("%s is missing from this test", name)
		return
	}
	for field := range typ.Fields() {
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag != member {
			continue
		}
		if field.Type.Kind() != reflect.Pointer {
			t.Errorf("%s.%s is a %s, not a pointer", name, field.Name, field.Type)
			return
		}
		value := reflect.New(typ).Elem()
		if sent := roundTrip(t, wire, value.Interface()); has(sent, member) {
			t.Errorf("%s.%s is sent though it is not set: %v", name, field.Name, sent)
		}
		set := reflect.New(field.Type.Elem())
		if at, ok := reflect.TypeAssert[*time.Time](set); ok {
			*at = time.Unix(1, 0) // the zero time is no time to the engine either
		}
		value.FieldByIndex(field.Index).Set(set)
		if sent := roundTrip(t, wire, value.Interface()); !has(sent, member) || sent[member] == nil {
			t.Errorf("%s.%s is not sent though it is set: %v", name, field.Name, sent)
		}
		return
	}
	t.Errorf("%s has no field %s", name, member)
}

func has(sent map[string]any, member string) bool {
	_, found := sent[member]
	return found
}

// TestPresenceByHand holds the values that callers write, and what they leave out.
func TestPresenceByHand(t *testing.T) {
	wire := echo(t)
	create := roundTrip(t, wire, containers.CreateRequest{
		Image: "busybox", Entrypoint: []string{}, StopTimeout: new(0),
		HostConfig: v141.HostConfig{Init: new(false), MaskedPaths: []string{}},
	})
	if got, want := fmt.Sprint(create), "map[Entrypoint:[] HostConfig:map[Init:false MaskedPaths:[]] Image:busybox StopTimeout:0]"; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	service := roundTrip(t, wire, v141.ServiceSpec{
		Mode: v141.ServiceSpecMode{Replicated: &v141.ServiceSpecModeReplicated{Replicas: new(uint64(0))}},
	})
	if got, want := fmt.Sprint(service), "map[Mode:map[Replicated:map[Replicas:0]]]"; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	global := roundTrip(t, wire, v141.ServiceSpec{Mode: v141.ServiceSpecMode{Global: &struct{}{}}})
	if got, want := fmt.Sprint(global), "map[Mode:map[Global:map[]]]"; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	if empty := roundTrip(t, wire, containers.CreateRequest{}); len(empty) != 0 {
		t.Errorf("an empty request sends %v", empty)
	}
}

// echo is an engine that answers what it is sent, so that what is on the wire can be looked at.
func echo(t *testing.T) transport.Caller {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close() })
	client, err := transport.New("unix://" + socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

var opEcho = transport.Operation{Name: "Echo", Method: http.MethodPost, Path: "/"}

func roundTrip(t *testing.T, wire transport.Caller, v any) map[string]any {
	t.Helper()
	r := opEcho.Request()
	r.JSON(v)
	got, err := transport.Value[map[string]any](t.Context(), wire, r)
	if err != nil {
		t.Fatalf("%T: %v", v, err)
	}
	return got
}
