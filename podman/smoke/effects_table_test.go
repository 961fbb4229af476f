package smoke_test

import (
	"io"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/catalog"
)

const scratch = "FROM scratch\nLABEL a=b\n"

// effectTable is what is looked at; FROM scratch wherever nothing has to run.
var effectTable = []effect{
	{"ImageBuildLibpod", "annotations", []string{"note=kept"}, `"note":"kept"`, inspected(scratch)},
	{"ImageBuildLibpod", "outputformat", "application/vnd.docker.distribution.manifest.v2+json", "docker.distribution",
		inspected(scratch)},
	{"ImageBuildLibpod", "from", baseImage, "COMMIT", progress("FROM localhost/there/is:none\nLABEL a=b\n")},
	{"ImageBuildLibpod", "excludes", []string{"secret"}, "error", progress("FROM scratch\nCOPY secret /\n")},
	{"ImageBuildLibpod", "ignore", true, "COMMIT", progress("FROM scratch\nLABEL a=b\nNOSUCH x\n")},
	{"ImageBuildLibpod", "omithistory", true, `"history":null`, func(x *effects, t *testing.T, args given) string {
		config := decoded[map[string]any](t, configured(scratch)(x, t, args))
		if config["history"] == nil {
			return `"history":null`
		}
		return "some"
	}},
	{"ImageBuildLibpod", "osversion", "10.0.1", `"os.version":"10.0.1"`, configured(scratch)},
	{"ImageBuildLibpod", "osfeature", []string{"win32k"}, `"win32k"`, configured(scratch)},
	{"ImageBuildLibpod", "timestamp", int64(86400), "1970-01-02T00:00:00Z", inspected(scratch)},
	{"ImageBuildLibpod", "identitylabel", false, "no identity", func(x *effects, t *testing.T, args given) string {
		if strings.Contains(inspected(scratch)(x, t, args), "io.buildah.version") {
			return "an identity"
		}
		return "no identity"
	}},
	{"ImageBuildLibpod", "manifest", "", "it is there", func(x *effects, t *testing.T, args given) string {
		list := "localhost/" + unique() + ":list"
		if args["manifest"] != nil {
			args = given{"manifest": list}
		}
		x.build(t, scratch, args)
		defer x.drop("ManifestDeleteLibpod", given{"name": list})
		if _, err := x.call(t, "ManifestExistsLibpod", given{"name": list}); err != nil {
			return err.Error()
		}
		return "it is there"
	}},
	{"ImageBuildLibpod", "setenv", []string{"GREETING=hello"}, "GREETING=hello", inspected(scratch)},
	{"ImageBuildLibpod", "layers", true, "a layer each", func(x *effects, t *testing.T, args given) string {
		_, out := x.build(t, "FROM scratch\nLABEL a=b\nLABEL c=d\n", args)
		if strings.Count(out, `--\u003e`) > 1 {
			return "a layer each"
		}
		return out
	}},
	{"ImageBuildLibpod", "skipunusedstages", false, "unused=yes",
		progress("FROM scratch AS other\nLABEL unused=yes\nFROM scratch\nLABEL a=b\n")},
	{"ImageBuildLibpod", "dnsservers", []string{"10.9.8.7"}, "nameserver 10.9.8.7", progress(run("cat /etc/resolv.conf"))},
	{"ImageBuildLibpod", "dnssearch", []string{"effects.example"}, "search effects.example",
		progress(run("cat /etc/resolv.conf"))},
	{"ImageBuildLibpod", "dnsoptions", []string{"ndots:7"}, "options ndots:7", progress(run("cat /etc/resolv.conf"))},
	{"ImageBuildLibpod", "groupadd", []string{"4242"}, "4242", progress(run("grep Groups /proc/self/status"))},
	{"ImageBuildLibpod", "addcaps", []string{"CAP_NET_ADMIN"}, "net admin",
		progress(run(`if [ $((0x$(grep CapEff /proc/self/status | cut -f2) >> 12 & 1)) = 1 ]; then echo net"" admin; fi`))},
	{"ImageBuildLibpod", "dropcaps", []string{"CAP_CHOWN"}, "no chown",
		progress(run(`if [ $((0x$(grep CapEff /proc/self/status | cut -f2) & 1)) = 0 ]; then echo no"" chown; fi`))},
	{"ImageBuildLibpod", "ulimits", []string{"nofile=77:77", "nproc=1024:1024"}, "limit 77",
		progress(run(`echo limit $(ulimit -n)`))},
	{"ImageBuildLibpod", "devices", []string{"/dev/null:/dev/effect"}, "it is there",
		progress(run(`if [ -e /dev/effect ]; then echo it"" is there; fi`))},
	{"ImageBuildLibpod", "secrets", []string{"id=mine,src=secret"}, "hush",
		progress(run("--mount=type=secret,id=mine cat /run/secrets/mine"))},
	{"ImageBuildLibpod", "seccomp", "unconfined", "Seccomp:\\t0", progress(run("grep Seccomp: /proc/self/status"))},
	{"ImageBuildLibpod", "nsoptions", []map[string]any{{"Name": "uts", "Host": true}}, "the same",
		func(x *effects, t *testing.T, args given) string {
			_, out := x.build(t, run("hostname"), args)
			info, err := x.call(t, "SystemInfoLibpod", nil)
			ok(t, err)
			if name := decoded[struct{ Host struct{ Hostname string } }](t, info).Host.Hostname; strings.Contains(out, name) {
				return "the same"
			}
			return out
		}},
	{"ImageBuildLibpod", "transientRunMounts", []string{"type=tmpfs,destination=/effect"}, "/effect tmpfs",
		progress(run("cat /proc/mounts"))},
	{"ImageBuildLibpod", "save-stages", true, "two", func(x *effects, t *testing.T, args given) string {
		label := unique()
		x.build(t, "FROM scratch AS first\nLABEL "+label+"=1\nFROM first\nLABEL a=b\n", args)
		list, err := x.call(t, "ImageListLibpod", given{"all": true, "filters": map[string][]string{"label": {label}}})
		ok(t, err)
		return []string{"none", "one", "two", "three"}[len(decoded[[]any](t, list))]
	}},
	{"ImageCommitLibpod", "squash", true, "1 layer", func(x *effects, t *testing.T, args given) string {
		repo := "localhost/" + unique()
		out, err := x.call(t, "ImageCommitLibpod",
			plus(args, given{"container": x.container(t, false), "repo": repo, "tag": "1"}))
		ok(t, err)
		t.Cleanup(func() { x.remove(repo + ":1") })
		image, err := x.call(t, "ImageInspectLibpod", given{"name": decoded[struct{ ID string }](t, out).ID})
		ok(t, err)
		if len(decoded[struct{ RootFS struct{ Layers []string } }](t, image).RootFS.Layers) == 1 {
			return "1 layer"
		}
		return image
	}},
	{"ImageImportLibpod", "OS", "plan9", `"Os":"plan9"`, imported},
	{"ImageImportLibpod", "Architecture", "mips", `"Architecture":"mips"`, imported},
	{"ImageDeleteLibpod", "ignore", true, `"ExitCode":0`, func(x *effects, t *testing.T, args given) string {
		return said(x.call(t, "ImageDeleteLibpod", plus(args, given{"name": "localhost/there/is:none"})))
	}},
	{"ImageDeleteLibpod", "lookupManifest", true, "the list is gone", func(x *effects, t *testing.T, args given) string {
		name, _ := x.build(t, scratch, nil)
		list := "localhost/" + unique() + ":list"
		_, err := x.call(t, "ManifestCreateLibpod", given{"name": list, "images": []string{"containers-storage:" + name}})
		ok(t, err)
		defer x.drop("ManifestDeleteLibpod", given{"name": list})
		if _, err := x.call(t, "ImageDeleteLibpod", plus(args, given{"name": list})); err != nil {
			return err.Error()
		}
		if _, err = x.call(t, "ManifestExistsLibpod", given{"name": list}); err != nil {
			return "the list is gone"
		}
		return "the list is there"
	}},
	{"ImageDeleteAllLibpod", "noprune", true, "the parent is left", func(x *effects, t *testing.T, args given) string {
		label := unique()
		name, _ := x.build(t, "FROM scratch\nLABEL "+label+"=1\nLABEL b=c\n", given{"layers": true})
		_, err := x.call(t, "ImageDeleteAllLibpod", plus(args, given{"images": []string{name}}))
		ok(t, err)
		list, err := x.call(t, "ImageListLibpod", given{"all": true, "filters": map[string][]string{"label": {label}}})
		ok(t, err)
		left := decoded[[]struct{ ID string }](t, list)
		for _, image := range left {
			x.remove(image.ID)
		}
		if len(left) > 0 {
			return "the parent is left"
		}
		return "nothing is left"
	}},
	{"ManifestCreateLibpod", "annotations", map[string]string{"note": "kept"}, `"note":"kept"`,
		func(x *effects, t *testing.T, args given) string {
			list := "localhost/" + unique() + ":list"
			_, err := x.call(t, "ManifestCreateLibpod", plus(args, given{"name": list, "images": []string{}}))
			ok(t, err)
			t.Cleanup(func() { x.remove(list) })
			return said(x.call(t, "ManifestInspectLibpod", given{"name": list}))
		}},
	{"ContainerListLibpod", "last", 1, "1 container", func(x *effects, t *testing.T, args given) string {
		x.container(t, false)
		x.container(t, false)
		list, err := x.call(t, "ContainerListLibpod", plus(args, given{"all": true}))
		ok(t, err)
		if len(decoded[[]any](t, list)) == 1 {
			return "1 container"
		}
		return list
	}},
	{"ContainerDeleteLibpod", "ignore", true, "[]", func(x *effects, t *testing.T, args given) string {
		return said(x.call(t, "ContainerDeleteLibpod", plus(args, given{"name": unique()})))
	}},
	{"ContainerDeleteLibpod", "volumes", true, "no such volume", func(x *effects, t *testing.T, args given) string {
		name := unique()
		_, err := x.call(t, "ContainerCreateLibpod", given{catalog.BodyArg: map[string]any{
			"name": name, "image": baseImage, "volumes": []map[string]string{{"Dest": "/v"}},
		}})
		ok(t, err)
		inspect, err := x.call(t, "ContainerInspectLibpod", given{"name": name})
		ok(t, err)
		volume := decoded[struct{ Mounts []struct{ Name string } }](t, inspect).Mounts[0].Name
		_, err = x.call(t, "ContainerDeleteLibpod", plus(args, given{"name": name}))
		ok(t, err)
		out := said(x.call(t, "VolumeInspectLibpod", given{"name": volume}))
		_, _ = x.call(t, "VolumeDeleteLibpod", given{"name": volume})
		return out
	}},
	{"ContainersStatsAllLibpod", "all", true, "no failure", func(x *effects, t *testing.T, args given) string {
		name := x.container(t, false)
		out := said(x.call(t, "ContainersStatsAllLibpod", plus(args, given{"stream": false})))
		if strings.Contains(out, name) {
			return "no failure"
		}
		return out
	}},
	{"PutContainerArchiveLibpod", "rename", map[string]string{"note": "other"}, "other",
		func(x *effects, t *testing.T, args given) string {
			name := x.container(t, false)
			_, err := x.call(t, "PutContainerArchiveLibpod",
				plus(args, given{"name": name, "path": "/tmp", catalog.BodyArg: io.Reader(tarball(t, "note", "kept"))}))
			ok(t, err)
			archive, err := x.call(t, "ContainerArchiveLibpod", given{"name": name, "path": "/tmp"})
			ok(t, err)
			return archive
		}},
	{"PutContainerArchiveLibpod", "noOverwriteDirNonDir", true, "error", func(x *effects, t *testing.T, args given) string {
		name := x.container(t, false)
		return said(x.call(t, "PutContainerArchiveLibpod",
			plus(args, given{"name": name, "path": "/", catalog.BodyArg: io.Reader(tarball(t, "tmp", "a file now"))})))
	}},
	{"NetworkCreateLibpod", "ignoreIfExists", true, "no error", func(x *effects, t *testing.T, args given) string {
		name := unique()
		t.Cleanup(func() { x.drop("NetworkDeleteLibpod", given{"name": name}) })
		make := func(args given) error {
			_, err := x.call(t, "NetworkCreateLibpod",
				plus(args, given{catalog.BodyArg: map[string]string{"name": name, "driver": "bridge"}}))
			return err
		}
		ok(t, make(nil))
		if err := make(args); err != nil {
			return err.Error()
		}
		return "no error"
	}},
	{"SecretCreateLibpod", "replace", true, "no error", secretTwice},
	{"SecretCreateLibpod", "ignore", true, "no error", secretTwice},
	{"PlayKubeLibpod", "noHostname", true, "error", func(x *effects, t *testing.T, args given) string {
		return x.playedFile(t, "/etc/hostname", args)
	}},
	{"PlayKubeLibpod", "noPodPrefix", true, `"alone-`, func(x *effects, t *testing.T, args given) string {
		out, _ := x.play(t, "alone-"+unique(), args)
		return out
	}},
	{"PlayKubeLibpod", "annotations", map[string]string{"note": "kept"}, `"note":"kept"`,
		func(x *effects, t *testing.T, args given) string {
			out, _ := x.play(t, "c", args)
			return out
		}},
	{"PlayKubeLibpod", "publishPorts", []string{"127.0.0.1:18099:80"}, "18099",
		func(x *effects, t *testing.T, args given) string {
			_, pod := x.play(t, "c", plus(args, given{"start": false, "network": []string{"bridge"}}))
			return pod
		}},
}
