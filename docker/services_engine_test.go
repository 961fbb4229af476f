package docker_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/configs"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/networks"
	"github.com/gantry-go/gantry/docker/v141/secrets"
	"github.com/gantry-go/gantry/docker/v141/services"
	"github.com/gantry-go/gantry/docker/v141/tasks"
	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/transport"
)

// service is the specification of a service whose tasks run a script once, in the host's network: it needs no other.
func service(script string) v141.ServiceSpec {
	return v141.ServiceSpec{
		Name: unique(),
		TaskTemplate: v141.TaskSpec{
			ContainerSpec: &v141.TaskSpecContainerSpec{
				Image: baseImage, Command: []string{"sh", "-c", script}, StopGracePeriod: new(int64(0)),
			},
			RestartPolicy: v141.TaskSpecRestartPolicy{Condition: v141.TaskSpecRestartPolicyConditionNone},
			Networks:      []v141.NetworkAttachmentConfig{{Target: "host"}},
		},
	}
}

// createService makes a service. It and its containers are gone when the test ends.
func createService(t *testing.T, e *engine, spec v141.ServiceSpec) (id string) {
	t.Helper()
	needBase(t, e)
	c := services.New(e)
	created := must(c.Create(t.Context(), spec, nil))(t)
	equal(t, "the warnings", len(created.Warnings), 0)
	cleanup(t, func(ctx context.Context) error { return removeService(ctx, t, e, created.ID) })
	return created.ID
}

// removeService returns when the service's containers are gone too. The engine would remove them in its own time, which
// is longer than this test for those of a job that is done.
func removeService(ctx context.Context, t *testing.T, e *engine, id string) error {
	t.Helper()
	err := services.New(e).Delete(ctx, id)
	c := containers.New(e)
	of := &containers.ListOptions{All: true, Filters: map[string][]string{"label": {"com.docker.swarm.service.id=" + id}}}
	eventually(t, "the containers of the service are gone", func() bool {
		left, listErr := c.List(ctx, of)
		for _, container := range left {
			_ = c.Delete(ctx, container.ID, &containers.DeleteOptions{Force: true}) // the engine may be at it
		}
		return listErr != nil || len(left) == 0
	})
	return err
}

// await returns a service's tasks in a state once there are n of them. Those that are on their way out do not count.
func await(t *testing.T, e *engine, service string, n int, state v141.TaskState) []v141.Task {
	t.Helper()
	var list []v141.Task
	eventually(t, "the tasks of the service are "+string(state), func() bool {
		list = must(tasks.New(e).List(t.Context(), &tasks.ListOptions{Filters: map[string][]string{
			"service": {service}, "desired-state": {"running", "shutdown", "complete"},
		}}))(t)
		list = slices.DeleteFunc(list, func(task v141.Task) bool {
			if task.Status.State == v141.TaskStateRejected || task.Status.State == v141.TaskStateFailed {
				t.Fatalf("a task %s: %s", task.Status.State, task.Status.Err)
			}
			return task.Status.State != state || task.DesiredState == v141.TaskStateShutdown
		})
		return len(list) == n
	})
	return list
}

// testServices runs one task, with a secret and a config, and reads what it writes.
func testServices(t *testing.T, e *engine) {
	c, ctx := services.New(e), t.Context()
	_, err := c.Create(ctx, v141.ServiceSpec{}, nil)
	fails(t, err, transport.ErrBadRequest, 400, "")

	secret := must(secrets.New(e).Create(ctx, v141.SecretSpec{Name: unique(), Data: []byte("hidden\n")}))(t).ID
	cleanup(t, func(ctx context.Context) error { return secrets.New(e).Delete(ctx, secret) })
	config := must(configs.New(e).Create(ctx, v141.ConfigSpec{Name: unique(), Data: []byte("plain\n")}))(t).ID
	cleanup(t, func(ctx context.Context) error { return configs.New(e).Delete(ctx, config) })

	spec := service("cat /run/secrets/s /etc/c; echo wrong >&2; echo mode $(stat -c %a /etc/c); exec sleep 3600")
	spec.Labels = map[string]string{"part": "services"}
	container := spec.TaskTemplate.ContainerSpec
	container.Secrets = []v141.TaskSpecContainerSpecSecret{{
		SecretID: secret, SecretName: must(secrets.New(e).Inspect(ctx, secret))(t).Spec.Name,
		File: v141.TaskSpecContainerSpecSecretFile{Name: "s", UID: "0", GID: "0", Mode: 0o400},
	}}
	container.Configs = []v141.TaskSpecContainerSpecConfig{{
		ConfigID: config, ConfigName: must(configs.New(e).Inspect(ctx, config))(t).Spec.Name,
		File: &v141.TaskSpecContainerSpecConfigFile{Name: "/etc/c", UID: "0", GID: "0", Mode: 0o440},
	}}
	id := createService(t, e, spec)

	got := must(c.Inspect(ctx, id, nil))(t)
	equal(t, "its name", got.Spec.Name, spec.Name)
	equal(t, "its replicas, which were not said", got.Spec.Mode, v141.ServiceSpecMode{
		Replicated: &v141.ServiceSpecModeReplicated{Replicas: new(uint64(1))},
	})
	fails(t, secrets.New(e).Delete(ctx, secret), transport.ErrBadRequest, 400, "is in use by the following service")

	task := await(t, e, id, 1, v141.TaskStateRunning)[0]
	list := must(c.List(ctx, &services.ListOptions{Status: true, Filters: map[string][]string{"label": {"part=services"}}}))(t)
	if len(list) != 1 || list[0].ID != id {
		t.Fatalf("the list has %+v, want %s", list, id)
	}
	equal(t, "its status", list[0].ServiceStatus, &v141.ServiceServiceStatus{RunningTasks: 1, DesiredTasks: 1})
	if got.ServiceStatus != nil || got.UpdateStatus != nil || got.PreviousSpec != nil || got.JobStatus != nil {
		t.Errorf("the service has a status that it cannot have: %+v", got)
	}
	t.Run("tasks", func(t *testing.T) { testTasks(t, e, got, task) })
	t.Run("logs", func(t *testing.T) { testServiceLogs(t, e, id, task.ID) })

	ok(t, removeService(ctx, t, e, id))
	_, err = c.Inspect(ctx, id, nil)
	fails(t, err, transport.ErrNotFound, 404, id)
}

// testTasks looks at a running task and the container that it is.
func testTasks(t *testing.T, e *engine, service *v141.Service, task v141.Task) {
	ctx := t.Context()
	got := must(tasks.New(e).Inspect(ctx, task.ID))(t)
	equal(t, "the service", got.ServiceID, service.ID)
	equal(t, "the slot", got.Slot, int64(1))
	equal(t, "the state that is meant", got.DesiredState, v141.TaskStateRunning)
	equal(t, "the state that is", got.Status.State, v141.TaskStateRunning)
	equal(t, "the container's specification", got.Spec.ContainerSpec, service.Spec.TaskTemplate.ContainerSpec)
	equal(t, "the restarts", got.Spec.RestartPolicy, service.Spec.TaskTemplate.RestartPolicy)
	if got.NodeID == "" || got.CreatedAt.IsZero() || got.Status.Timestamp.Before(got.CreatedAt) || got.JobIteration != nil {
		t.Errorf("the task is %+v", got)
	}
	if len(got.NetworksAttachments) != 1 || got.NetworksAttachments[0].Network.Spec.Name != "host" {
		t.Errorf("its networks are %+v", got.NetworksAttachments)
	}
	status := got.Status.ContainerStatus
	if status == nil || status.PID == 0 || status.ExitCode != 0 {
		t.Fatalf("its container is %+v", status)
	}
	container := must(containers.New(e).Inspect(ctx, status.ContainerID, nil))(t)
	equal(t, "the process", container.State.PID, status.PID)
	equal(t, "the command", container.Config.Entrypoint, service.Spec.TaskTemplate.ContainerSpec.Command)
	equal(t, "the task's label", container.Config.Labels["com.docker.swarm.task.id"], task.ID)

	_, err := tasks.New(e).Inspect(ctx, "nobody")
	fails(t, err, transport.ErrNotFound, 404, "nobody")
}

// testServiceLogs reads the same lines from the service and from its one task.
func testServiceLogs(t *testing.T, e *engine, id, task string) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	want := map[string]hijack.Stream{"hidden": hijack.Stdout, "plain": hijack.Stdout, "wrong": hijack.Stderr, "mode 440": hijack.Stdout}

	logs := must(services.New(e).Logs(ctx, id, &services.LogsOptions{
		Follow: true, Stdout: true, Stderr: true, Timestamps: true, Details: true,
	}))(t)
	equal(t, "that there is a TTY", logs.TTY(), false)
	got := map[string]hijack.Stream{}
	for line, err := range logs.Lines() {
		ok(t, err)
		got[line.Text] = line.Stream
		equal(t, "the task in the details", line.Details["com.docker.swarm.task.id"], task)
		equal(t, "the service in the details", line.Details["com.docker.swarm.service.id"], id)
		if time.Since(line.Time).Abs() > time.Hour {
			t.Errorf("%q was written %v", line.Text, line.Time)
		}
		if len(got) == len(want) {
			break
		}
	}
	equal(t, "the service's lines", got, want)

	logs = must(tasks.New(e).Logs(ctx, task, &tasks.LogsOptions{Stdout: true, Stderr: true}))(t)
	got = map[string]hijack.Stream{}
	for line, err := range logs.Lines() {
		ok(t, err)
		got[line.Text] = line.Stream
	}
	equal(t, "the task's lines", got, want)

	maps.DeleteFunc(want, func(_ string, s hijack.Stream) bool { return s != hijack.Stderr })
	logs = must(tasks.New(e).Logs(ctx, task, &tasks.LogsOptions{Stderr: true, Since: time.Now().Add(-time.Hour)}))(t)
	got = map[string]hijack.Stream{}
	for line, err := range logs.Lines() {
		ok(t, err)
		got[line.Text] = line.Stream
	}
	equal(t, "the task's errors", got, want)
}

// testServiceNetworks connects a task to a network of the cluster and publishes a port of it on its host.
func testServiceNetworks(t *testing.T, e *engine) {
	c, ctx := networks.New(e), t.Context()
	name := unique()
	network := must(c.Create(ctx, networks.CreateRequest{Name: name, Driver: "overlay", Attachable: true}))(t).ID
	cleanup(t, func(ctx context.Context) error { return c.Delete(ctx, network) })

	spec := service("exec sleep 3600")
	spec.TaskTemplate.Networks = []v141.NetworkAttachmentConfig{{Target: network, Aliases: []string{"web"}}}
	spec.EndpointSpec = v141.EndpointSpec{Mode: v141.EndpointSpecModeVIP, Ports: []v141.EndpointPortConfig{{
		Name: "http", Protocol: v141.EndpointPortConfigProtocolTCP, TargetPort: 80,
		PublishMode: v141.EndpointPortConfigPublishModeHost,
	}}}
	id := createService(t, e, spec)
	task := await(t, e, id, 1, v141.TaskStateRunning)[0]

	got := must(services.New(e).Inspect(ctx, id, nil))(t)
	equal(t, "the endpoint's specification", got.Endpoint.Spec, spec.EndpointSpec)
	if ips := got.Endpoint.VirtualIPs; len(ips) != 1 || ips[0].NetworkID != network || ips[0].Addr == "" {
		t.Errorf("the service's addresses are %+v", ips)
	}
	// One for each family of addresses.
	if ports := task.Status.PortStatus.Ports; len(ports) == 0 || ports[0].TargetPort != 80 || ports[0].PublishedPort == 0 ||
		ports[0].Protocol != v141.EndpointPortConfigProtocolTCP || ports[0].PublishMode != v141.EndpointPortConfigPublishModeHost {
		t.Errorf("the task's ports are %+v", ports)
	}
	if len(task.NetworksAttachments) != 1 {
		t.Fatalf("the task's networks are %+v", task.NetworksAttachments)
	}
	attached := task.NetworksAttachments[0]
	equal(t, "the network", attached.Network.ID, network)
	equal(t, "the network's name", attached.Network.Spec.Name, name)
	equal(t, "the network's driver", attached.Network.DriverState.Name, "overlay")
	equal(t, "that it is attachable", attached.Network.Spec.Attachable, true)
	equal(t, "the number of addresses", len(attached.Addresses), 1)

	verbose := must(c.Inspect(ctx, network, &networks.InspectOptions{Verbose: true}))(t)
	equal(t, "the scope", verbose.Scope, "swarm")
	info, found := verbose.Services[spec.Name]
	if !found || len(info.Tasks) != 1 || info.VIP == "" {
		t.Fatalf("the network's services are %+v", verbose.Services)
	}
	contains(t, "the task's address", attached.Addresses[0], info.Tasks[0].EndpointIP+"/")
	ok(t, removeService(ctx, t, e, id))
	testNetworkAttachment(t, e, name, network)
}

// testNetworkAttachment connects a container that no service made, which takes a task of its own kind.
func testNetworkAttachment(t *testing.T, e *engine, name, network string) {
	t.Helper()
	request := sh("exec sleep 3600")
	request.HostConfig.NetworkMode = name
	container := start(t, e, request)
	list := must(tasks.New(e).List(t.Context(), &tasks.ListOptions{Filters: map[string][]string{"runtime": {"attachment"}}}))(t)
	if len(list) != 1 || list[0].Spec.NetworkAttachmentSpec == nil || len(list[0].NetworksAttachments) != 1 {
		t.Fatalf("the attachments are %+v", list)
	}
	equal(t, "the container", list[0].Spec.NetworkAttachmentSpec.ContainerID, container)
	equal(t, "the network", list[0].NetworksAttachments[0].Network.ID, network)
	ok(t, containers.New(e).Delete(t.Context(), container, &containers.DeleteOptions{Force: true}))
}
