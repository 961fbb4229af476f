package docker_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/plugins"
	"github.com/gantry-go/gantry/transport"
)

// testPlugins makes a plugin and takes it through its life, by way of a registry. It never has to come from elsewhere.
func testPlugins(t *testing.T, e *engine) {
	if e.isPodman() {
		testRefusals(t, pluginRefusals(e))
		return
	}
	// It must not need a loader: there is nothing else in the plugin's file system.
	program := must(os.ReadFile(compileProgram(t, "plugin")))(t)
	registry := registryOf(t)
	first, second := registry.address+"/gantry/"+unique()+":1", ""
	second = strings.TrimSuffix(first, "1") + "2"
	createPlugin(t, e, first, pluginArchive(t, program, "first"))
	createPlugin(t, e, second, pluginArchive(t, program, "second"))
	t.Run("refused", func(t *testing.T) { testPluginRefused(t, e, first) })
	t.Run("inspect", func(t *testing.T) { testPluginInspect(t, e, first) })
	t.Run("set", func(t *testing.T) { testPluginSet(t, e, first) })
	t.Run("enable", func(t *testing.T) { testPluginEnable(t, e, first) })
	t.Run("registry", func(t *testing.T) { testPluginRegistry(t, e, registry, first, second) })
}

// pluginArchive is what PluginCreate takes: a description and a root file system.
func pluginArchive(t *testing.T, program []byte, description string) []byte {
	t.Helper()
	config := must(json.Marshal(v141.PluginConfig{
		Description: description, Documentation: "https://plugin.test/" + description,
		Entrypoint: []string{"/plugin"}, WorkDir: "/",
		Interface: v141.PluginConfigInterface{Types: []v141.PluginInterfaceType{"gantry.test/1.0"}, Socket: "gantry.sock"},
		Network:   v141.PluginConfigNetwork{Type: "host"},
		Env:       []v141.PluginEnv{{Name: "LEVEL", Description: "how much", Settable: []string{"value"}, Value: new("1")}},
		Args:      v141.PluginConfigArgs{Name: "args", Description: "what else", Settable: []string{"value"}, Value: []string{"a"}},
		Mounts: []v141.PluginMount{{
			Name: "data", Description: "where", Settable: []string{"source"}, Source: new("/tmp"),
			Destination: "/data", Type: "bind", Options: []string{"rbind", "ro"},
		}},
		Linux: v141.PluginConfigLinux{
			Capabilities: []string{"CAP_SYS_TIME"},
			Devices:      []v141.PluginDevice{{Name: "null", Description: "which", Settable: []string{"path"}, Path: new("/dev/null")}},
		},
	}))(t)
	return tarball(t,
		file{"config.json", string(config), 0o644},
		file{"rootfs/", "", 0o755},
		file{"rootfs/plugin", string(program), 0o755},
		file{"rootfs/" + description, description, 0o644},
	).Bytes()
}

func createPlugin(t *testing.T, e *engine, name string, archive []byte) {
	t.Helper()
	c := plugins.New(e)
	// A reader that does not tell its length is sent in pieces.
	ok(t, c.Create(t.Context(), name, io.MultiReader(bytes.NewReader(archive))))
	cleanup(t, func(ctx context.Context) error { return c.Delete(ctx, name, &plugins.DeleteOptions{Force: true}) })
}

func testPluginRefused(t *testing.T, e *engine, name string) {
	c, ctx := plugins.New(e), t.Context()
	fails(t, c.Create(ctx, unique(), strings.NewReader(strings.Repeat("no archive", 100))), transport.ErrServer, 500, "archive/tar")
	fails(t, c.Create(ctx, "Not A Name", bytes.NewReader(nil)), transport.ErrServer, 500, "failed to parse reference")
	_, err := c.Inspect(ctx, name+"0")
	fails(t, err, transport.ErrNotFound, 404, "not found")
	fails(t, c.Enable(ctx, name+"0", 0), transport.ErrNotFound, 404, "not found")
	fails(t, c.Disable(ctx, name, nil), transport.ErrConflict, 409, "is already disabled")
}

func testPluginInspect(t *testing.T, e *engine, name string) {
	c, ctx := plugins.New(e), t.Context()
	got := must(c.Inspect(ctx, name))(t)
	equal(t, "its name", got.Name, name)
	equal(t, "that it is enabled", got.Enabled, false)
	equal(t, "its reference", got.PluginReference, name)
	equal(t, "its description", got.Config.Description, "first")
	equal(t, "its types", got.Config.Interface.Types, []v141.PluginInterfaceType{"gantry.test/1.0"})
	equal(t, "its variables", got.Config.Env, []v141.PluginEnv{
		{Name: "LEVEL", Description: "how much", Settable: []string{"value"}, Value: new("1")},
	})
	equal(t, "its capabilities", got.Config.Linux.Capabilities, []string{"CAP_SYS_TIME"})
	equal(t, "the settings of its variables", got.Settings.Env, []string{"LEVEL=1"})
	equal(t, "the settings of its arguments", got.Settings.Args, []string{"a"})
	equal(t, "the settings of its mounts", got.Settings.Mounts, got.Config.Mounts)
	equal(t, "the settings of its devices", got.Settings.Devices, got.Config.Linux.Devices)
	if got.ID == "" || got.Config.RootFS.Type != "layers" || len(got.Config.RootFS.DiffIDs) != 1 {
		t.Errorf("id %q, file system %+v", got.ID, got.Config.RootFS)
	}

	for _, plugin := range must(c.List(ctx, &plugins.ListOptions{Filters: map[string][]string{"enabled": {"false"}}}))(t) {
		if plugin.ID == got.ID {
			equal(t, "what the list says", plugin, *got)
			return
		}
	}
	t.Error("the list does not have it")
}

func testPluginSet(t *testing.T, e *engine, name string) {
	c, ctx := plugins.New(e), t.Context()
	ok(t, c.Set(ctx, name, []string{"LEVEL=3", "data.source=/var/tmp", "args=b c"}))
	got := must(c.Inspect(ctx, name))(t)
	equal(t, "the variables", got.Settings.Env, []string{"LEVEL=3"})
	equal(t, "the arguments", got.Settings.Args, []string{"b", "c"})
	equal(t, "the mount's source", got.Settings.Mounts[0].Source, new("/var/tmp"))
	equal(t, "what it was made with", got.Config.Env[0].Value, new("1"))
	fails(t, c.Set(ctx, name, []string{"COLOUR=red"}), transport.ErrServer, 500, "not found in the plugin configuration")
	fails(t, c.Set(ctx, name, []string{"data.type=tmpfs"}), transport.ErrServer, 500, "is not settable")
}

func testPluginEnable(t *testing.T, e *engine, name string) {
	c, ctx := plugins.New(e), t.Context()
	ok(t, c.Enable(ctx, name, 10))
	equal(t, "that it is enabled", must(c.Inspect(ctx, name))(t).Enabled, true)
	enabled := must(c.List(ctx, &plugins.ListOptions{Filters: map[string][]string{"enabled": {"true"}}}))(t)
	if len(enabled) != 1 || enabled[0].Name != name {
		t.Errorf("enabled are %+v", enabled)
	}
	fails(t, c.Enable(ctx, name, 0), transport.ErrConflict, 409, "already enabled")
	fails(t, c.Set(ctx, name, []string{"LEVEL=4"}), transport.ErrServer, 500, "cannot set on an active plugin")
	fails(t, c.Delete(ctx, name, nil), transport.ErrConflict, 409, "is enabled")
	ok(t, c.Disable(ctx, name, nil))
	equal(t, "that it is enabled", must(c.Inspect(ctx, name))(t).Enabled, false)
}

// testPluginRegistry moves both versions to the registry and back.
func testPluginRegistry(t *testing.T, e *engine, registry registry, first, second string) {
	c, ctx := plugins.New(e), t.Context()
	right, wrong := registry.auth(registry.password), registry.auth("wrong")

	push := must(c.Push(ctx, first, &plugins.PushOptions{RegistryAuth: wrong}))(t)
	fails(t, push.Wait(), transport.ErrStream, 200, "error pushing plugin")
	for _, name := range []string{first, second} {
		push = must(c.Push(ctx, name, &plugins.PushOptions{RegistryAuth: right}))(t)
		var last v141.PushImageInfo
		for m, err := range push.All() {
			ok(t, err)
			last = m
		}
		_, tag, _ := strings.Cut(strings.TrimPrefix(name, registry.address), ":")
		equal(t, "the tag that was pushed", last.Aux.Tag, tag)
		contains(t, "the digest", last.Aux.Digest, "sha256:")
		if last.Aux.Size == 0 {
			t.Error("the size is missing")
		}
	}
	// Both have to go at once: what the engine clears away after a removal may be what a push is about to send.
	for _, name := range []string{first, second} {
		ok(t, c.Delete(ctx, name, nil))
	}

	privileges := must(c.Privileges(ctx, first, &plugins.PrivilegesOptions{RegistryAuth: right}))(t)
	wanted := map[string][]string{}
	for _, p := range privileges {
		wanted[p.Name] = p.Value
	}
	equal(t, "what it wants", wanted, map[string][]string{
		"network": {"host"}, "mount": {"/tmp"}, "device": {"/dev/null"}, "capabilities": {"CAP_SYS_TIME"},
	})
	// Without a right to look, the engine says that nothing is wanted.
	equal(t, "what a stranger hears", len(must(c.Privileges(ctx, first, nil))(t)), 0)

	_, err := c.Pull(ctx, first, privileges, &plugins.PullOptions{RegistryAuth: wrong})
	fails(t, err, transport.ErrServer, 500, "error resolving plugin reference")
	pull := must(c.Pull(ctx, first, []v141.PluginPrivilege{}, &plugins.PullOptions{RegistryAuth: right}))(t)
	fails(t, pull.Wait(), transport.ErrStream, 200, "incorrect privileges")

	alias := unique() + ":latest"
	pull = must(c.Pull(ctx, first, privileges, &plugins.PullOptions{RegistryAuth: right, Name: alias}))(t)
	cleanup(t, func(ctx context.Context) error { return c.Delete(ctx, alias, nil) })
	layers := map[string]bool{}
	for m, err := range pull.All() {
		ok(t, err)
		if m.Status == "Complete" {
			layers[m.ID] = true
		}
	}
	equal(t, "the layers that came", len(layers), 1)
	got := must(c.Inspect(ctx, alias))(t)
	equal(t, "where it came from", got.PluginReference, first)
	equal(t, "its description", got.Config.Description, "first")

	_, err = c.Upgrade(ctx, alias, first+"0", privileges, &plugins.UpgradeOptions{RegistryAuth: right})
	fails(t, err, transport.ErrServer, 500, "error resolving plugin reference")
	upgrade := must(c.Upgrade(ctx, alias, second, privileges, &plugins.UpgradeOptions{RegistryAuth: right}))(t)
	ok(t, upgrade.Wait())
	upgraded := must(c.Inspect(ctx, alias))(t)
	equal(t, "where it came from", upgraded.PluginReference, second)
	equal(t, "its description", upgraded.Config.Description, "second")
	equal(t, "its id", upgraded.ID, got.ID)
	ok(t, c.Delete(ctx, alias, nil))
}
