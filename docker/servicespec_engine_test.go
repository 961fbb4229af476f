package docker_test

import (
	"context"
	"testing"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/networks"
	"github.com/gantry-go/gantry/docker/v141/services"
	"github.com/gantry-go/gantry/docker/v141/tasks"
	"github.com/gantry-go/gantry/transport"
)

// testServiceUpdates sends a specification that says nearly everything, and changes it and goes back. With no replicas
// nothing has to run for that.
func testServiceUpdates(t *testing.T, e *engine) {
	c, ctx := services.New(e), t.Context()
	full := fullService(t, e)
	id := createService(t, e, full)
	got := must(c.Inspect(ctx, id, nil))(t)
	equal(t, "the specification as it came back", got.Spec, full)
	list := must(c.List(ctx, &services.ListOptions{Status: true, Filters: map[string][]string{"id": {id}}}))(t)
	if len(list) != 1 {
		t.Fatalf("the list has %+v", list)
	}
	equal(t, "the status without replicas", list[0].ServiceStatus, &v141.ServiceServiceStatus{})
	equal(t, "the tasks of no replicas", len(must(tasks.New(e).List(ctx, &tasks.ListOptions{
		Filters: map[string][]string{"service": {full.Name}},
	}))(t)), 0)

	// What is absent goes away, or back to the engine's default; a zero that is sent stays one.
	less := service("true")
	less.Name, less.Mode = full.Name, full.Mode
	less.TaskTemplate.RestartPolicy.Delay = new(int64(0))
	less.UpdateConfig = &v141.ServiceSpecUpdateConfig{}
	inSequence(t, func() error {
		return only(c.Update(ctx, id, must(c.Inspect(ctx, id, nil))(t).Version.Index, less, nil))
	})
	changed := must(c.Inspect(ctx, id, nil))(t)
	equal(t, "the labels", len(changed.Spec.Labels), 0)
	equal(t, "the container", changed.Spec.TaskTemplate.ContainerSpec.Init, (*bool)(nil))
	equal(t, "the delay", changed.Spec.TaskTemplate.RestartPolicy.Delay, new(int64(0)))
	equal(t, "the window", changed.Spec.TaskTemplate.RestartPolicy.Window, (*int64)(nil))
	equal(t, "the replicas", changed.Spec.Mode.Replicated, full.Mode.Replicated)
	if u := changed.Spec.UpdateConfig; u == nil || u.Parallelism != 0 {
		t.Errorf("the way of updating is %+v", u)
	}
	if changed.Spec.RollbackConfig != nil {
		t.Errorf("the way back is %+v", changed.Spec.RollbackConfig)
	}
	if changed.PreviousSpec == nil {
		t.Fatal("the specification before is missing")
	}
	equal(t, "the specification before", *changed.PreviousSpec, full)
	_, err := c.Update(ctx, id, got.Version.Index, full, nil)
	fails(t, err, transport.ErrServer, 500, "update out of sequence")

	inSequence(t, func() error {
		now := must(c.Inspect(ctx, id, nil))(t)
		return only(c.Update(ctx, id, now.Version.Index, now.Spec, &services.UpdateOptions{
			Rollback: services.RollbackToPrevious, RegistryAuthFrom: services.AuthFromPreviousSpec,
		}))
	})
	equal(t, "the specification after going back", must(c.Inspect(ctx, id, nil))(t).Spec, full)

	defaults := must(c.Inspect(ctx, id, &services.InspectOptions{InsertDefaults: true}))(t).Spec
	equal(t, "the default of the monitor", defaults.UpdateConfig.Monitor, int64(5e9))
}

// testServiceRollout replaces a running task by another one, and that by one like the first.
func testServiceRollout(t *testing.T, e *engine) {
	c, ctx := services.New(e), t.Context()
	spec := service("exec sleep 3600")
	spec.UpdateConfig = &v141.ServiceSpecUpdateConfig{Monitor: 1e6, Order: v141.ServiceSpecUpdateConfigOrderStartFirst}
	spec.RollbackConfig = &v141.ServiceSpecRollbackConfig{Monitor: 1e6, Order: v141.ServiceSpecRollbackConfigOrderStartFirst}
	id := createService(t, e, spec)
	old := await(t, e, id, 1, v141.TaskStateRunning)[0]

	inSequence(t, func() error {
		next := must(c.Inspect(ctx, id, nil))(t)
		next.Spec.TaskTemplate.ContainerSpec.Env = []string{"VERSION=2"}
		return only(c.Update(ctx, id, next.Version.Index, next.Spec, nil))
	})
	eventually(t, "the update is completed", func() bool {
		u := must(c.Inspect(ctx, id, nil))(t).UpdateStatus
		return u != nil && u.State == v141.ServiceUpdateStatusStateCompleted && u.StartedAt != nil && u.CompletedAt != nil
	})
	task := await(t, e, id, 1, v141.TaskStateRunning)[0]
	equal(t, "the new task's variables", task.Spec.ContainerSpec.Env, []string{"VERSION=2"})
	equal(t, "the new task's slot", task.Slot, old.Slot)
	if task.ID == old.ID {
		t.Error("the new task is the old one")
	}

	inSequence(t, func() error {
		now := must(c.Inspect(ctx, id, nil))(t)
		return only(c.Update(ctx, id, now.Version.Index, now.Spec, &services.UpdateOptions{Rollback: services.RollbackToPrevious}))
	})
	eventually(t, "the way back is completed", func() bool {
		u := must(c.Inspect(ctx, id, nil))(t).UpdateStatus
		return u != nil && u.State == v141.ServiceUpdateStatusStateRollbackCompleted
	})
	task = await(t, e, id, 1, v141.TaskStateRunning)[0]
	equal(t, "the last task's variables", len(task.Spec.ContainerSpec.Env), 0)
}

// fullService sets all that a container and its tasks can have on any engine, each to what is not its default.
func fullService(t *testing.T, e *engine) v141.ServiceSpec {
	t.Helper()
	host := must(networks.New(e).Inspect(t.Context(), "host", &networks.InspectOptions{Scope: "swarm"}))(t).ID
	return v141.ServiceSpec{
		Name:   unique(),
		Labels: map[string]string{"part": "updates", "empty": ""},
		Mode:   v141.ServiceSpecMode{Replicated: &v141.ServiceSpecModeReplicated{Replicas: new(uint64(0))}},
		UpdateConfig: &v141.ServiceSpecUpdateConfig{
			Parallelism: 2, Delay: 1e9, Monitor: 5e9, MaxFailureRatio: 0.25,
			FailureAction: v141.ServiceSpecUpdateConfigFailureActionRollback, Order: v141.ServiceSpecUpdateConfigOrderStartFirst,
		},
		RollbackConfig: &v141.ServiceSpecRollbackConfig{
			Parallelism: 0, Monitor: 1e9, FailureAction: v141.ServiceSpecRollbackConfigFailureActionContinue,
			Order: v141.ServiceSpecRollbackConfigOrderStopFirst,
		},
		EndpointSpec: v141.EndpointSpec{Mode: v141.EndpointSpecModeDnsrr},
		TaskTemplate: v141.TaskSpec{
			ContainerSpec: fullContainer(),
			Runtime:       "container",
			ForceUpdate:   1,
			Networks:      []v141.NetworkAttachmentConfig{{Target: host}},
			LogDriver:     &v141.TaskSpecLogDriver{Name: "json-file", Options: map[string]string{"max-size": "1m"}},
			Resources: v141.TaskSpecResources{
				Limits: v141.Limit{NanoCPUs: 5e8, MemoryBytes: 64 << 20, PIDs: 50},
				Reservations: v141.ResourceObject{NanoCPUs: 1e8, MemoryBytes: 32 << 20, GenericResources: v141.GenericResources{
					{DiscreteResourceSpec: v141.GenericResourceDiscreteResourceSpec{Kind: "disk", Value: 2}},
				}},
			},
			RestartPolicy: v141.TaskSpecRestartPolicy{
				Condition: v141.TaskSpecRestartPolicyConditionOnFailure,
				Delay:     new(int64(0)), MaxAttempts: new(uint64(0)), Window: new(int64(1e9)),
			},
			Placement: v141.TaskSpecPlacement{
				Constraints: []string{"node.role==manager"}, MaxReplicas: 3,
				Preferences: []v141.TaskSpecPlacementPreference{
					{Spread: v141.TaskSpecPlacementPreferenceSpread{SpreadDescriptor: "node.labels.disk"}},
				},
				Platforms: []v141.Platform{{Architecture: "x86_64", OS: "linux"}},
			},
		},
	}
}

func fullContainer() *v141.TaskSpecContainerSpec {
	return &v141.TaskSpecContainerSpec{
		Image: baseImage, Command: []string{"sh", "-c", "exit 0", ""}, Args: []string{"a"}, Env: []string{"A=b", "C="},
		Labels: map[string]string{"of": "container"}, Hostname: "web", Dir: "/tmp", User: "0:0", Groups: []string{"0"},
		TTY: true, OpenStdin: true, ReadOnly: true, Init: new(false),
		StopSignal: "SIGINT", StopGracePeriod: new(int64(0)), Isolation: v141.TaskSpecContainerSpecIsolationDefault,
		Hosts:     []string{"192.0.2.1 other"},
		DNSConfig: v141.TaskSpecContainerSpecDNSConfig{Nameservers: []string{"192.0.2.2"}, Search: []string{"test"}, Options: []string{"ndots:1"}},
		Mounts: []v141.Mount{
			{Type: v141.MountTypeTmpfs, Target: "/mnt", TmpfsOptions: v141.MountTmpfsOptions{SizeBytes: 1 << 20, Mode: 0o1777}},
			{
				Type: v141.MountTypeBind, Source: "/proc", Target: "/host", ReadOnly: true,
				BindOptions: v141.MountBindOptions{Propagation: v141.MountBindOptionsPropagationRslave, NonRecursive: true},
			},
			{Type: v141.MountTypeVolume, Source: "data", Target: "/data", VolumeOptions: v141.MountVolumeOptions{
				NoCopy: true, Labels: map[string]string{"of": "volume"},
				DriverConfig: v141.MountVolumeOptionsDriverConfig{Name: "local", Options: map[string]string{"type": "tmpfs"}},
			}},
		},
		Healthcheck: v141.HealthConfig{
			Test: []string{"CMD", "true"}, Interval: 1e9, Timeout: 2e9, Retries: 3, StartPeriod: 4e9,
		},
		Sysctls:        map[string]string{"net.core.somaxconn": "256"},
		CapabilityAdd:  []string{"CAP_NET_ADMIN"},
		CapabilityDrop: []string{"CAP_CHOWN"},
		Ulimits:        []v141.Ulimit{{Name: "nofile", Soft: 512, Hard: 1024}},
		Privileges: v141.TaskSpecContainerSpecPrivileges{
			SELinuxContext: v141.TaskSpecContainerSpecPrivilegesSELinuxContext{Disable: true},
		},
	}
}

// testServiceModes runs the modes that a member's presence chooses.
func testServiceModes(t *testing.T, e *engine) {
	c, ctx := services.New(e), t.Context()
	t.Run("global", func(t *testing.T) {
		spec := service("exec sleep 3600")
		spec.Mode.Global = new(struct{}{})
		spec.TaskTemplate.ContainerSpec.TTY = true
		spec.TaskTemplate.ContainerSpec.Command[2] = "[ -t 1 ] && echo terminal; exec sleep 3600"
		id := createService(t, e, spec)
		equal(t, "the mode", must(c.Inspect(ctx, id, nil))(t).Spec.Mode, v141.ServiceSpecMode{Global: new(struct{}{})})
		task := await(t, e, id, 1, v141.TaskStateRunning)[0]
		equal(t, "the slot, which only replicas have", task.Slot, int64(0))

		logs := must(c.Logs(ctx, id, &services.LogsOptions{Follow: true, Stdout: true}))(t)
		equal(t, "that there is a TTY", logs.TTY(), true)
		for line, err := range logs.Lines() {
			ok(t, err)
			equal(t, "the line", line.Text, "terminal")
			break
		}
	})
	t.Run("replicated job", func(t *testing.T) {
		spec := service("true")
		spec.Mode.ReplicatedJob = &v141.ServiceSpecModeReplicatedJob{MaxConcurrent: new(uint64(1)), TotalCompletions: new(uint64(2))}
		id := createService(t, e, spec)
		equal(t, "the mode", must(c.Inspect(ctx, id, nil))(t).Spec.Mode, spec.Mode)
		for _, task := range await(t, e, id, 2, v141.TaskStateComplete) {
			if task.JobIteration == nil || task.JobIteration.Index != 0 {
				t.Errorf("the iteration is %+v, want the first", task.JobIteration)
			}
			equal(t, "the exit status", task.Status.ContainerStatus.ExitCode, int64(0))
		}
		list := must(c.List(ctx, &services.ListOptions{Status: true, Filters: map[string][]string{"mode": {"replicated-job"}}}))(t)
		if len(list) != 1 || list[0].JobStatus == nil || list[0].JobStatus.LastExecution.IsZero() {
			t.Fatalf("the job is %+v", list)
		}
		equal(t, "the status", list[0].ServiceStatus.CompletedTasks, uint64(2))
	})
	t.Run("global job", func(t *testing.T) {
		spec := service("true")
		spec.Mode.GlobalJob = new(struct{}{})
		id := createService(t, e, spec)
		equal(t, "the mode", must(c.Inspect(ctx, id, nil))(t).Spec.Mode, spec.Mode)
		await(t, e, id, 1, v141.TaskStateComplete)
	})
}

// testPluginService has a service install a plugin on each node, which takes an experimental engine.
func testPluginService(t *testing.T, e *engine) {
	c, ctx := services.New(e), t.Context()
	spec := v141.ServiceSpec{Name: unique(), Mode: v141.ServiceSpecMode{Global: new(struct{}{})}}
	spec.TaskTemplate.Runtime = "plugin"
	spec.TaskTemplate.Placement.Constraints = []string{"node.labels.for==nobody"} // so that nothing is pulled
	spec.TaskTemplate.PluginSpec = &v141.TaskSpecPluginSpec{
		Name: "gantry-plugin", Remote: "127.0.0.1:1/gantry/plugin:1", Disabled: true, Env: []string{"A=b"},
		Privileges: []v141.TaskSpecPluginSpecPrivilege{{Name: "network", Description: "to reach it", Value: []string{"host"}}},
	}
	id := must(c.Create(ctx, spec, nil))(t).ID
	cleanup(t, func(ctx context.Context) error { return c.Delete(ctx, id) })
	got := must(c.Inspect(ctx, id, nil))(t).Spec.TaskTemplate
	equal(t, "the plugin", got.PluginSpec, spec.TaskTemplate.PluginSpec)
	equal(t, "the container", got.ContainerSpec, (*v141.TaskSpecContainerSpec)(nil))
	equal(t, "what runs it", got.Runtime, "plugin")
}
