package docker_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/networks"
	"github.com/gantry-go/gantry/transport"
)

func testNetworks(t *testing.T, e *engine) {
	t.Run("create and inspect", func(t *testing.T) { testNetworkCreate(t, e) })
	t.Run("list", func(t *testing.T) { testNetworkList(t, e) })
	t.Run("connect and disconnect", func(t *testing.T) { testConnect(t, e) })
	t.Run("create a container in it", func(t *testing.T) { testEndpoint(t, e) })
	t.Run("prune", func(t *testing.T) { testNetworkPrune(t, e) })
}

// makeNetwork makes a bridge network.
func makeNetwork(t *testing.T, e *engine, req networks.CreateRequest) (id string) {
	t.Helper()
	c := networks.New(e)
	if req.Name == "" {
		req.Name = unique()
	}
	req.CheckDuplicate = true
	made := must(c.Create(t.Context(), req))(t)
	equal(t, "warning", made.Warning, "")
	cleanup(t, func(ctx context.Context) error { return c.Delete(ctx, made.ID) })
	return made.ID
}

// pool is an address pool that no default network overlaps.
func pool(subnet, gateway string) v141.IPAM {
	return v141.IPAM{Config: []v141.IPAMConfig{{Subnet: subnet, Gateway: gateway}}}
}

func testNetworkCreate(t *testing.T, e *engine) {
	c := networks.New(e)
	req := networks.CreateRequest{
		Name: unique(), Driver: "bridge", Internal: true,
		IPAM:    pool("10.211.1.0/24", "10.211.1.1"),
		Labels:  map[string]string{"com.example.role": "tester"},
		Options: map[string]string{"com.docker.network.driver.mtu": "1400"},
	}
	before := time.Now().Add(-time.Minute)
	id := makeNetwork(t, e, req)
	got := must(c.Inspect(t.Context(), req.Name, nil))(t)
	equal(t, "id", got.ID, id)
	equal(t, "name", got.Name, req.Name)
	equal(t, "driver", got.Driver, "bridge")
	equal(t, "scope", got.Scope, "local")
	equal(t, "internal", got.Internal, true)
	equal(t, "IPv6", got.EnableIPv6, false)
	equal(t, "labels", got.Labels, req.Labels)
	if len(got.IPAM.Config) != 1 || got.IPAM.Config[0].Subnet != "10.211.1.0/24" {
		t.Errorf("address pool: %+v", got.IPAM)
	}
	if got.Created.Before(before) || time.Since(got.Created) < -time.Minute {
		t.Errorf("made at %v", got.Created)
	}
	if e.isPodman() {
		equal(t, "options", got.Options, map[string]string{"mtu": "1400"})
	} else {
		equal(t, "options", got.Options, req.Options)
	}

	req.CheckDuplicate = true
	_, err := c.Create(t.Context(), req)
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "already")
	} else {
		fails(t, err, transport.ErrConflict, http.StatusConflict, "already exists")
	}
	_, err = c.Inspect(t.Context(), unique(), nil)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "not found")
	fails(t, c.Delete(t.Context(), unique()), transport.ErrNotFound, http.StatusNotFound, "not found")
}

func testNetworkList(t *testing.T, e *engine) {
	c, label := networks.New(e), unique()
	a := makeNetwork(t, e, networks.CreateRequest{Labels: map[string]string{label: "a"}})
	b := makeNetwork(t, e, networks.CreateRequest{Labels: map[string]string{label: "b"}})
	list := func(filters map[string][]string) (ids []string) {
		t.Helper()
		for _, n := range must(c.List(t.Context(), &networks.ListOptions{Filters: filters}))(t) {
			ids = append(ids, n.ID)
		}
		slices.Sort(ids)
		return ids
	}
	equal(t, "by label", list(map[string][]string{"label": {label}}), slices.Sorted(slices.Values([]string{a, b})))
	equal(t, "by value", list(map[string][]string{"label": {label + "=b"}}), []string{b})
	equal(t, "by id", list(map[string][]string{"id": {a}}), []string{a})
	equal(t, "one of all", slices.Contains(list(nil), a), true)
	bridge := must(c.Inspect(t.Context(), "bridge", nil))(t)
	equal(t, "the default network", bridge.Driver, "bridge")
	_, err := c.List(t.Context(), &networks.ListOptions{Filters: map[string][]string{"colour": {"red"}}})
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "colour")
	} else {
		fails(t, err, transport.ErrBadRequest, http.StatusBadRequest, "Invalid filter 'colour'")
	}
}

func testConnect(t *testing.T, e *engine) {
	c := networks.New(e)
	name := unique()
	id := makeNetwork(t, e, networks.CreateRequest{Name: name, IPAM: pool("10.211.2.0/24", "10.211.2.1")})
	req := sh(idle)
	req.HostConfig.NetworkMode = "bridge"
	container := start(t, e, req)
	ok(t, c.Connect(t.Context(), id, networks.ConnectRequest{Container: container, EndpointConfig: v141.EndpointSettings{
		Aliases: []string{"conny"}, IPAMConfig: v141.EndpointIPAMConfig{IPv4Address: "10.211.2.77"},
	}}))

	member := must(c.Inspect(t.Context(), id, &networks.InspectOptions{Verbose: true}))(t).Containers[container]
	equal(t, "address in the network", member.IPv4Address, "10.211.2.77/24")
	equal(t, "length of the hardware address", len(strings.Split(member.MACAddress, ":")), 6)
	endpoints := must(containers.New(e).Inspect(t.Context(), container, nil))(t).NetworkSettings.Networks
	endpoint := endpoints[name]
	equal(t, "how many networks", len(endpoints), 2)
	equal(t, "address", endpoint.IPAddress, "10.211.2.77")
	equal(t, "length of the prefix", endpoint.IPPrefixLen, int64(24))
	equal(t, "gateway", endpoint.Gateway, "10.211.2.1")
	equal(t, "alias", slices.Contains(endpoint.Aliases, "conny"), true)
	listed := must(containers.New(e).List(t.Context(), &containers.ListOptions{Filters: map[string][]string{"network": {name}}}))(t)
	if len(listed) != 1 || listed[0].ID != container || listed[0].NetworkSettings.Networks[name].IPAddress != "10.211.2.77" {
		t.Errorf("containers of the network: %+v", listed)
	}

	err := c.Delete(t.Context(), name) // by its id, Podman removes it all the same
	if e.isPodman() {
		fails(t, err, transport.ErrServer, http.StatusInternalServerError, "has associated containers")
	} else {
		fails(t, err, transport.ErrForbidden, http.StatusForbidden, "has active endpoints")
	}
	ok(t, c.Disconnect(t.Context(), id, networks.DisconnectRequest{Container: container}))
	equal(t, "members", len(must(c.Inspect(t.Context(), id, nil))(t).Containers), 0)
	err = c.Disconnect(t.Context(), id, networks.DisconnectRequest{Container: container})
	fails(t, err, transport.ErrServer, http.StatusInternalServerError, "is not connected to")
	err = c.Connect(t.Context(), id, networks.ConnectRequest{Container: unique()})
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "o such container")
	err = c.Connect(t.Context(), unique(), networks.ConnectRequest{Container: container})
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "not found")
}

// testEndpoint has a container begin its life in a network, and another one there find it by its alias.
func testEndpoint(t *testing.T, e *engine) {
	name := unique()
	makeNetwork(t, e, networks.CreateRequest{Name: name, IPAM: pool("10.211.3.0/24", "10.211.3.1")})
	req := sh(idle)
	req.HostConfig.NetworkMode = name
	req.NetworkingConfig = v141.NetworkingConfig{EndpointsConfig: map[string]v141.EndpointSettings{
		name: {Aliases: []string{"conny"}, IPAMConfig: v141.EndpointIPAMConfig{IPv4Address: "10.211.3.33"}},
	}}
	id := start(t, e, req)
	endpoint := must(containers.New(e).Inspect(t.Context(), id, nil))(t).NetworkSettings.Networks[name]
	equal(t, "address", endpoint.IPAddress, "10.211.3.33")

	friend := sh("nslookup conny | tail -n +3; ping -c 1 conny")
	friend.HostConfig.NetworkMode = name
	stdout, stderr, _ := output(t, e, friend)
	contains(t, "what the other finds", stdout+stderr, "10.211.3.33")
}

func testNetworkPrune(t *testing.T, e *engine) {
	c, label := networks.New(e), unique()
	labels := map[string]string{label: ""}
	used, free := unique(), unique()
	makeNetwork(t, e, networks.CreateRequest{Name: used, Labels: labels})
	makeNetwork(t, e, networks.CreateRequest{Name: free, Labels: labels})
	req := sh(idle)
	req.HostConfig.NetworkMode = used
	start(t, e, req)
	got := must(c.Prune(t.Context(), &networks.PruneOptions{Filters: map[string][]string{"label": {label}}}))(t)
	equal(t, "pruned", got.NetworksDeleted, []string{free})
	_, err := c.Inspect(t.Context(), free, nil)
	fails(t, err, transport.ErrNotFound, http.StatusNotFound, "not found")
	must(c.Inspect(t.Context(), used, nil))(t)
}
