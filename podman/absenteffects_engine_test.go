package podman_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/enginetest/byname"
	"github.com/gantry-go/gantry/internal/testimage"
	"github.com/gantry-go/gantry/transport"
	"github.com/gantry-go/gantry/transport/registryauth"
)

func anonymousVolume(t *testing.T, p *tried, given catalog.Args) string {
	id := p.script(t, "true", map[string]any{"volumes": []map[string]any{{"Dest": "/data"}}})
	info := p.Call(t, "ContainerInspectLibpod", catalog.Args{"name": id})
	volume := byname.Member(byname.Member(info, "Mounts").([]any)[0], "Name")
	p.Call(t, "ContainerDeleteLibpod", catalog.Args{"name": id}, given)
	return p.exists(t, "VolumeExistsLibpod", catalog.Args{"name": volume})
}

// external makes a container of another tool's: that of a build that leaves it.
func external(t *testing.T, p *tried) string {
	t.Helper()
	before := p.external(t)
	p.build(t, "FROM "+image+"\nENV A="+enginetest.Name(t)+"\n", catalog.Args{"rm": false, "layers": true})
	for _, id := range p.external(t) {
		if !slices.Contains(before, id) {
			t.Cleanup(func() { _, _ = p.Do(t, "ContainerDeleteLibpod", catalog.Args{"name": id, "force": true}) })
			return id
		}
	}
	t.Fatal("the build leaves no container")
	return ""
}

// external lists all containers, those of other tools among them.
func (p *tried) external(t *testing.T) (ids []string) {
	t.Helper()
	all, _ := p.Call(t, "ContainerListLibpod", catalog.Args{"all": true, "external": true}).([]any)
	for _, c := range all {
		id, _ := byname.Member(c, "Id").(string)
		ids = append(ids, id)
	}
	return ids
}

// buildLeaves says whether a build leaves a container.
func buildLeaves(t *testing.T, p *tried, given catalog.Args) string {
	before := len(p.external(t))
	p.build(t, "FROM "+image+"\nENV A="+enginetest.Name(t)+"\n", catalog.Args{"layers": true}, given)
	return fmt.Sprint(len(p.external(t)) > before)
}

func listExternal(t *testing.T, p *tried, given catalog.Args) string {
	id := external(t, p)
	return fmt.Sprint(strings.Contains(fmt.Sprint(p.Call(t, "ContainerListLibpod", catalog.Args{"all": true}, given)), id))
}

func existsExternal(t *testing.T, p *tried, given catalog.Args) string {
	return p.exists(t, "ContainerExistsLibpod", catalog.Args{"name": external(t, p)}, given)
}

// owned is an archive of a file that another user owns.
func owned(t *testing.T) *bytes.Buffer {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	ok(t, w.WriteHeader(&tar.Header{Name: "file", Mode: 0o644, Size: 2, Uid: 7, Gid: 8}))
	must(io.WriteString(w, "x\n"))(t)
	ok(t, w.Close())
	return &b
}

// ownerIn puts a file of 7:8 into a container of a user, and asks there whose it is.
func ownerIn(user string) func(t *testing.T, p *tried, given catalog.Args) string {
	return func(t *testing.T, p *tried, given catalog.Args) string {
		id := p.script(t, "stat -c %u:%g /tmp/file", map[string]any{"user": user})
		p.Call(t, "PutContainerArchiveLibpod", catalog.Args{"name": id, "path": "/tmp", "body": owned(t)}, given)
		return p.output(t, id)
	}
}

func folderOverFile(t *testing.T, p *tried, given catalog.Args) string {
	id := p.script(t, "test -d /tmp/thing && echo folder || echo file", nil)
	p.Call(t, "PutContainerArchiveLibpod", catalog.Args{"name": id, "path": "/tmp", "body": tarball(t, "thing", "x")})
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	ok(t, w.WriteHeader(&tar.Header{Name: "thing/", Typeflag: tar.TypeDir, Mode: 0o755}))
	ok(t, w.Close())
	_, err := p.Do(t, "PutContainerArchiveLibpod", catalog.Args{"name": id, "path": "/tmp", "body": &b}, given)
	return fmt.Sprintf("%s, refused: %v", p.output(t, id), err != nil)
}

func attachStream(t *testing.T, p *tried, given catalog.Args) string {
	id := p.started(t, "echo before; read x; echo after", map[string]any{"stdin": true})
	args := catalog.Args{"name": id, "logs": true, "stdin": true, "stdout": true, "stderr": true}
	conn := must(p.Do(t, "ContainerAttachLibpod", args, given))(t).Conn
	_, _ = io.WriteString(conn, "go\n") // where it streams
	out, err := io.ReadAll(conn)
	return fmt.Sprint(strings.Contains(string(out), "after"), err)
}

// again asks for a second measurement.
func again(op, container string) func(t *testing.T, p *tried, given catalog.Args) string {
	return func(t *testing.T, p *tried, given catalog.Args) string {
		id := p.started(t, "while :; do sleep 3600 & wait; done", nil)
		n := 0
		for _, err := range must(p.Do(t, op, catalog.Args{container: id}, given))(t).Messages.All() {
			ok(t, err)
			if n++; n == 2 {
				return "goes on"
			}
		}
		return "ends"
	}
}

// build runs a build of a Dockerfile and returns the image's id, or what failed.
func (p *tried) build(t *testing.T, dockerfile string, given ...catalog.Args) string {
	t.Helper()
	result := must(p.Do(t, "ImageBuildLibpod", append(given, catalog.Args{"body": tarball(t, "Dockerfile", dockerfile)})...))(t)
	last := ""
	for doc, err := range result.Messages.All() {
		if err != nil {
			return "fails"
		}
		if line, _ := byname.Member(must(catalog.Decode(doc))(t), "stream").(string); strings.TrimSpace(line) != "" {
			last = strings.TrimSpace(line)
		}
	}
	return last
}

// buildLayers counts the layers of an image of two steps.
func buildLayers(t *testing.T, p *tried, given catalog.Args) string {
	id := p.build(t, "FROM "+image+"\nCOPY Dockerfile /a\nCOPY Dockerfile /b\n", given)
	layers, _ := byname.Member(p.Call(t, "ImageInspectLibpod", catalog.Args{"name": id}), "RootFS", "Layers").([]any)
	return fmt.Sprint(len(layers))
}

// buildAnnotates looks for the annotation that says when the image was made.
func buildAnnotates(t *testing.T, p *tried, given catalog.Args) string {
	id := p.build(t, "FROM "+image+"\nENV A="+enginetest.Name(t)+"\n", given)
	made := byname.Member(p.Call(t, "ImageInspectLibpod", catalog.Args{"name": id}), "Annotations", "org.opencontainers.image.created")
	return fmt.Sprint(made != nil)
}

func buildKeepsAnnotations(t *testing.T, p *tried, given catalog.Args) string {
	name := "localhost/" + enginetest.Name(t)
	p.build(t, "FROM "+image+"\nENV A=b\n", catalog.Args{"t": []string{name}, "annotations": []string{"handed=down"}})
	id := p.build(t, "FROM "+name+"\nENV B=c\n", catalog.Args{"pullpolicy": "never"}, given)
	return fmt.Sprint(byname.Member(p.Call(t, "ImageInspectLibpod", catalog.Args{"name": id}), "Annotations", "handed"))
}

// buildIdentifies looks for the label that says what built the image.
func buildIdentifies(t *testing.T, p *tried, given catalog.Args) string {
	id := p.build(t, "FROM "+image+"\nENV A="+enginetest.Name(t)+"\n", given)
	return fmt.Sprint(byname.Member(p.Call(t, "ImageInspectLibpod", catalog.Args{"name": id}), "Labels", "io.buildah.version") != nil)
}

// buildSkips has a stage that fails and is of no use.
func buildSkips(t *testing.T, p *tried, given catalog.Args) string {
	dockerfile := "FROM " + image + " AS unused\nCOPY missing /\nFROM " + image + "\nENV A=b\n"
	return fmt.Sprint(p.build(t, dockerfile, given) == "fails")
}

func buildInherits(t *testing.T, p *tried, given catalog.Args) string {
	name := "localhost/" + enginetest.Name(t)
	p.build(t, "FROM "+image+"\nLABEL handed=down\n", catalog.Args{"t": []string{name}})
	id := p.build(t, "FROM "+name+"\nENV A=b\n", catalog.Args{"layers": false, "pullpolicy": "never"}, given)
	return fmt.Sprint(byname.Member(p.Call(t, "ImageInspectLibpod", catalog.Args{"name": id}), "Labels", "handed"))
}

// fails says whether a sequence ends with an error.
func (p *tried) fails(t *testing.T, op string, all ...catalog.Args) string {
	t.Helper()
	result, err := p.Do(t, op, all...)
	if err == nil && result.Messages != nil {
		for _, err = range result.Messages.All() {
			if err != nil {
				break
			}
		}
	}
	if err != nil {
		return "fails"
	}
	return "succeeds"
}

// registry returns the address of the registry and the credentials that it wants.
func (p *tried) registry(t *testing.T) (address string, auth transport.Secret) {
	t.Helper()
	address, user, password := p.Registry(t)
	return address, registryauth.Credential{Username: user, Password: password}.Header()
}

// pushed names an image in the registry, which speaks no TLS and is known to be insecure.
func (p *tried) pushed(t *testing.T) (name string) {
	t.Helper()
	address, auth := p.registry(t)
	name = address + "/gantry/" + enginetest.Name(t) + ":1"
	args := catalog.Args{"name": image, "destination": name, "tlsVerify": false, "X-Registry-Auth": auth}
	equal(t, "push", p.fails(t, "ImagePushLibpod", args), "succeeds")
	return name
}

func buildFromRegistry(t *testing.T, p *tried, given catalog.Args) string {
	name := p.pushed(t)
	address, user, password := p.Registry(t)
	known := registryauth.Config{address: {Username: user, Password: password}}
	built := p.build(t, "FROM "+name+"\nENV A=b\n", catalog.Args{"pullpolicy": "always", "X-Registry-Config": known.Header()}, given)
	return fmt.Sprint(built == "fails")
}

func pullFromRegistry(t *testing.T, p *tried, given catalog.Args) string {
	name := p.pushed(t)
	_, auth := p.registry(t)
	return p.fails(t, "ImagePullLibpod", catalog.Args{"reference": name, "policy": "always", "X-Registry-Auth": auth}, given)
}

func pushToRegistry(op string) func(t *testing.T, p *tried, given catalog.Args) string {
	return func(t *testing.T, p *tried, given catalog.Args) string {
		address, auth := p.registry(t)
		args := catalog.Args{"name": image, "destination": address + "/gantry/" + enginetest.Name(t) + ":2", "X-Registry-Auth": auth}
		if op == "ManifestPushLibpod" {
			list := "localhost/" + enginetest.Name(t)
			p.Call(t, "ManifestCreateLibpod", catalog.Args{"name": list, "images": []string{"containers-storage:" + image}})
			t.Cleanup(func() { _, _ = p.Do(t, "ManifestDeleteLibpod", catalog.Args{"name": list}) })
			args["name"], args["all"] = list, true
		}
		return p.fails(t, op, args, given)
	}
}

// addFromRegistry adds an image to a list without credentials: the registry refuses that, if it is understood.
func addFromRegistry(t *testing.T, p *tried, given catalog.Args) string {
	list := "localhost/" + enginetest.Name(t)
	p.Call(t, "ManifestCreateLibpod", catalog.Args{"name": list, "images": []string{}})
	defer func() { p.Call(t, "ManifestDeleteLibpod", catalog.Args{"name": list}) }()
	_, err := p.Do(t, "ManifestModifyLibpod", catalog.Args{
		"name": list, "body": map[string]any{"operation": "update", "images": []string{"docker://" + p.pushed(t)}},
	}, given)
	return fmt.Sprint(err == nil || strings.Contains(err.Error(), "HTTPS client"))
}

func pullArtifact(t *testing.T, p *tried, given catalog.Args) string {
	address, auth := p.registry(t)
	_, err := p.Do(t, "ArtifactPullLibpod", catalog.Args{"name": address + "/gantry/none:1", "X-Registry-Auth": auth}, given)
	return fmt.Sprint(strings.Contains(err.Error(), "HTTPS client")) // or there is no such artifact
}

func pushArtifact(t *testing.T, p *tried, given catalog.Args) string {
	address, auth := p.registry(t)
	name := address + "/gantry/" + enginetest.Name(t) + ":4"
	p.Call(t, "ArtifactAddLibpod", catalog.Args{"name": name, "fileName": "note", "body": strings.NewReader("note")})
	_, err := p.Do(t, "ArtifactPushLibpod", catalog.Args{"name": name, "X-Registry-Auth": auth}, given)
	return fmt.Sprint(err == nil)
}

func pushQuietly(t *testing.T, p *tried, given catalog.Args) string {
	address, auth := p.registry(t)
	result := must(p.Do(t, "ImagePushLibpod", catalog.Args{
		"name": image, "destination": address + "/gantry/" + enginetest.Name(t) + ":3", "tlsVerify": false, "X-Registry-Auth": auth,
	}, given))(t)
	text := ""
	for doc, err := range result.Messages.All() {
		ok(t, err)
		text += string(doc)
	}
	return fmt.Sprint(strings.Contains(text, "Writing manifest"))
}

func deleteMissing(t *testing.T, p *tried, given catalog.Args) string {
	_, err := p.Do(t, "ImageDeleteLibpod", catalog.Args{"name": "localhost/" + enginetest.Name(t)}, given)
	return fmt.Sprint(err == nil)
}

// deleteList removes what the name of a list of manifests stands for.
func deleteList(t *testing.T, p *tried, given catalog.Args) string {
	list := "localhost/" + enginetest.Name(t)
	p.Call(t, "ManifestCreateLibpod", catalog.Args{"name": list, "images": []string{"containers-storage:" + image}})
	_, err := p.Do(t, "ImageDeleteLibpod", catalog.Args{"name": list}, given)
	left := p.exists(t, "ManifestExistsLibpod", catalog.Args{"name": list})
	_, _ = p.Do(t, "ManifestDeleteLibpod", catalog.Args{"name": list})
	return fmt.Sprintf("refused: %v, the list is %s", err != nil, left)
}

func playStarts(t *testing.T, p *tried, given catalog.Args) string {
	name := enginetest.Name(t)
	yaml := "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + "}\nspec:\n  containers:\n  - {name: main, image: \"" + image +
		"\", imagePullPolicy: Never, command: [sleep, \"1000\"]}\n"
	p.Call(t, "PlayKubeLibpod", catalog.Args{"body": strings.NewReader(yaml), "network": []string{"none"}}, given)
	defer func() { p.Call(t, "PodDeleteLibpod", catalog.Args{"name": name, "force": true, "timeout": 0}) }()
	return fmt.Sprint(byname.Member(p.Call(t, "PodInspectLibpod", catalog.Args{"name": name}), "State"))
}

// eventsStream makes something happen again each time that it has been told of it: an engine that only reads what was
// before does not keep up.
func eventsStream(t *testing.T, p *tried, given catalog.Args) string {
	name := ""
	happen := func() {
		name = enginetest.Name(t)
		p.Call(t, "VolumeCreateLibpod", catalog.Args{"body": map[string]any{"Name": name}})
		p.Call(t, "VolumeDeleteLibpod", catalog.Args{"name": name})
	}
	happen()
	args := catalog.Args{"since": time.Now().Add(-time.Hour), "filters": `{"type":["volume"]}`}
	messages := must(p.Do(t, "SystemEventsLibpod", args, given))(t).Messages
	told := 0
	for doc, err := range messages.All() {
		ok(t, err)
		if !strings.Contains(string(doc), name) || !strings.Contains(string(doc), "remove") {
			continue
		}
		if told++; told == 5 {
			return "goes on"
		}
		happen()
	}
	return "ends"
}

func pruneVolumes(t *testing.T, p *tried, given catalog.Args) string {
	name := enginetest.Name(t)
	p.Call(t, "VolumeCreateLibpod", catalog.Args{"body": map[string]any{"Name": name}})
	p.Call(t, "SystemPruneLibpod", given)
	return p.exists(t, "VolumeExistsLibpod", catalog.Args{"name": name})
}

func pruneImages(t *testing.T, p *tried, given catalog.Args) string {
	name := "localhost/" + enginetest.Name(t)
	p.build(t, "FROM "+image+"\nENV A="+name+"\n", catalog.Args{"t": []string{name}})
	p.Call(t, "SystemPruneLibpod", given)
	left := p.exists(t, "ImageExistsLibpod", catalog.Args{"name": name})
	p.Call(t, "ImageLoadLibpod", catalog.Args{"body": bytes.NewReader(must(testimage.Archive(testimage.Name))(t))})
	return left
}
