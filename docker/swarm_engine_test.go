package docker_test

import (
	"context"
	"strings"
	"testing"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/networks"
	"github.com/gantry-go/gantry/docker/v141/nodes"
	"github.com/gantry-go/gantry/docker/v141/swarm"
	"github.com/gantry-go/gantry/docker/v141/system"
	"github.com/gantry-go/gantry/transport"
)

// testSwarm makes a cluster, of one node but for a moment, and ends it.
func testSwarm(t *testing.T, e *engine) {
	if e.isPodman() {
		t.Run("secrets", func(t *testing.T) { testSecrets(t, e) })
		t.Run("refusals", func(t *testing.T) { testRefusals(t, swarmRefusals(e)) })
		return
	}
	t.Run("outside", func(t *testing.T) { testOutsideSwarm(t, e) })
	node := initSwarm(t, e)
	for _, part := range []group{
		{"cluster", testCluster},
		{"lock", testSwarmLock},
		{"nodes", func(t *testing.T, e *engine) { testNodes(t, e, node) }},
		{"second node", testSecondNode},
		{"secrets", testSecrets},
		{"configs", testConfigs},
		{"services", testServices},
		{"service updates", testServiceUpdates},
		{"service not erased", testServiceNotErased},
		{"service rollout", testServiceRollout},
		{"service modes", testServiceModes},
		{"service networks", testServiceNetworks},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, e) })
	}
	t.Run("leave", func(t *testing.T) { testSwarmLeave(t, e) })
}

// The cluster keeps to this machine, and off the ports of others.
const (
	swarmAddress = "127.0.0.1:22377"
	swarmPort    = 24789
)

// initSwarm makes the cluster, which ends with the test at the latest, and returns the id of its node.
func initSwarm(t *testing.T, e *engine) (node string) {
	t.Helper()
	c := swarm.New(e)
	node = must(c.Init(t.Context(), swarm.InitRequest{
		ListenAddr: swarmAddress, AdvertiseAddr: "127.0.0.1", DataPathPort: swarmPort,
		DefaultAddrPool: []string{"10.199.0.0/16"}, SubnetSize: 26,
		Availability: v141.NodeAvailabilityActive,
		Spec: v141.SwarmSpec{
			Labels:        map[string]string{"made-by": "gantry"},
			Orchestration: v141.SwarmSpecOrchestration{TaskHistoryRetentionLimit: new(int64(0))},
			// A node is down when three of these have passed.
			Dispatcher: v141.SwarmSpecDispatcher{HeartbeatPeriod: 1e9},
		},
	}))(t)
	cleanup(t, func(ctx context.Context) error {
		if err := leave(ctx, c); err != nil {
			return err
		}
		// The engine leaves the bridge of the cluster's containers behind.
		return networks.New(e).Delete(ctx, "docker_gwbridge")
	})
	return node
}

// testOutsideSwarm is what an engine answers that has no part in a cluster.
func testOutsideSwarm(t *testing.T, e *engine) {
	c, ctx := swarm.New(e), t.Context()
	_, err := c.Inspect(ctx)
	fails(t, err, transport.ErrUnavailable, 503, "This node is not a swarm manager")
	_, err = c.UnlockKey(ctx)
	fails(t, err, transport.ErrUnavailable, 503, "This node is not a swarm manager")
	fails(t, c.Leave(ctx, nil), transport.ErrUnavailable, 503, "This node is not part of a swarm")
	fails(t, c.Unlock(ctx, swarm.UnlockRequest{UnlockKey: "x"}), transport.ErrUnavailable, 503, "This node is not a swarm manager")
	err = c.Join(ctx, swarm.JoinRequest{
		ListenAddr: swarmAddress, AdvertiseAddr: "127.0.0.1", Availability: v141.NodeAvailabilityDrain,
		RemoteAddrs: []string{"127.0.0.1:22399"}, JoinToken: "SWMTKN-1-x",
	})
	fails(t, err, transport.ErrServer, 500, "invalid join token")
	equal(t, "the node's state", must(system.New(e).Info(ctx))(t).Swarm.LocalNodeState, v141.LocalNodeStateInactive)
}

// inSequence repeats a change for as long as it comes too late: a cluster changes its objects too, between the reading of
// a version and the update that names it.
func inSequence(t *testing.T, change func() error) {
	t.Helper()
	eventually(t, "an update in sequence", func() bool {
		err := change()
		if err != nil && strings.Contains(err.Error(), "update out of sequence") {
			return false
		}
		ok(t, err)
		return true
	})
}

// testCluster reads and changes what the nodes have in common.
func testCluster(t *testing.T, e *engine) {
	c, ctx := swarm.New(e), t.Context()
	got := must(c.Inspect(ctx))(t)
	equal(t, "the name", got.Spec.Name, "default")
	equal(t, "the labels", got.Spec.Labels, map[string]string{"made-by": "gantry"})
	equal(t, "the limit of 0, which is not the default", got.Spec.Orchestration.TaskHistoryRetentionLimit, new(int64(0)))
	equal(t, "the heartbeat", got.Spec.Dispatcher.HeartbeatPeriod, int64(1e9))
	equal(t, "the pool", got.DefaultAddrPool, []string{"10.199.0.0/16"})
	equal(t, "the subnets' size", got.SubnetSize, uint32(26))
	equal(t, "the data path's port", got.DataPathPort, uint32(swarmPort))
	equal(t, "the old snapshots kept", got.Spec.Raft.KeepOldSnapshots, new(uint64(0)))
	if got.ID == "" || got.Version.Index == 0 || got.CreatedAt.IsZero() || got.Spec.Raft.SnapshotInterval == 0 ||
		got.Spec.CAConfig.NodeCertExpiry == 0 {
		t.Errorf("something is missing in %+v", got)
	}
	contains(t, "the trust root", got.TLSInfo.TrustRoot, "BEGIN CERTIFICATE")
	contains(t, "the issuer's subject, which is DER", string(got.TLSInfo.CertIssuerSubject), "swarm-ca")
	for _, token := range []string{got.JoinTokens.Worker, got.JoinTokens.Manager} {
		contains(t, "the token", token, "SWMTKN-1-")
	}

	var spec v141.SwarmSpec
	inSequence(t, func() error {
		now := must(c.Inspect(ctx))(t)
		spec = now.Spec
		spec.Labels = map[string]string{"changed": "yes"}
		spec.Orchestration.TaskHistoryRetentionLimit = new(int64(3))
		spec.Raft.KeepOldSnapshots = new(uint64(1))
		return c.Update(ctx, now.Version.Index, spec, &swarm.UpdateOptions{RotateWorkerToken: true})
	})
	changed := must(c.Inspect(ctx))(t)
	equal(t, "the specification after the update", changed.Spec, spec)
	equal(t, "the manager's token", changed.JoinTokens.Manager, got.JoinTokens.Manager)
	if changed.JoinTokens.Worker == got.JoinTokens.Worker {
		t.Error("the workers' token is the old one")
	}
	fails(t, c.Update(ctx, got.Version.Index, spec, nil), transport.ErrServer, 500, "update out of sequence")

	info := must(system.New(e).Info(ctx))(t).Swarm
	equal(t, "the node's state", info.LocalNodeState, v141.LocalNodeStateActive)
	equal(t, "that it controls", info.ControlAvailable, true)
	equal(t, "the number of nodes", info.Nodes, int64(1))
	if info.Cluster == nil || info.Cluster.ID != got.ID {
		t.Errorf("the cluster is %+v, want %s", info.Cluster, got.ID)
	}
}

// testSwarmLock has the managers' keys locked up. Only a node that is started again is locked, and this one goes on.
func testSwarmLock(t *testing.T, e *engine) {
	c, ctx := swarm.New(e), t.Context()
	equal(t, "the key of a cluster that has none", must(c.UnlockKey(ctx))(t).UnlockKey, "")
	setAutoLock(t, c, true, nil)
	key := must(c.UnlockKey(ctx))(t).UnlockKey
	if !strings.HasPrefix(key, "SWMKEY-1-") {
		t.Errorf("the key is %q", key)
	}
	setAutoLock(t, c, true, &swarm.UpdateOptions{RotateManagerUnlockKey: true})
	if rotated := must(c.UnlockKey(ctx))(t).UnlockKey; rotated == key || !strings.HasPrefix(rotated, "SWMKEY-1-") {
		t.Errorf("the key is %q, and was %q before it was changed", rotated, key)
	}
	fails(t, c.Unlock(ctx, swarm.UnlockRequest{UnlockKey: key}), transport.ErrConflict, 409, "swarm is not locked")
	setAutoLock(t, c, false, nil)
}

func setAutoLock(t *testing.T, c *swarm.Client, on bool, opts *swarm.UpdateOptions) {
	t.Helper()
	inSequence(t, func() error {
		now := must(c.Inspect(t.Context()))(t)
		now.Spec.EncryptionConfig.AutoLockManagers = on
		return c.Update(t.Context(), now.Version.Index, now.Spec, opts)
	})
	equal(t, "the lock", must(c.Inspect(t.Context()))(t).Spec.EncryptionConfig.AutoLockManagers, on)
}

// testNodes reads and changes the one node, which as the last of the managers cannot be removed.
func testNodes(t *testing.T, e *engine, id string) {
	c, ctx := nodes.New(e), t.Context()
	list := must(c.List(ctx, &nodes.ListOptions{Filters: map[string][]string{"role": {"manager"}}}))(t)
	if len(list) != 1 || list[0].ID != id {
		t.Fatalf("the managers are %+v, want %s", list, id)
	}
	equal(t, "the workers", len(must(c.List(ctx, &nodes.ListOptions{Filters: map[string][]string{"role": {"worker"}}}))(t)), 0)

	got := must(c.Inspect(ctx, id))(t)
	equal(t, "the role", got.Spec.Role, v141.NodeSpecRoleManager)
	equal(t, "the availability", got.Spec.Availability, v141.NodeAvailabilityActive)
	equal(t, "the state", got.Status.State, v141.NodeStateReady)
	equal(t, "the address", got.Status.Addr, "127.0.0.1")
	equal(t, "the operating system", got.Description.Platform.OS, "linux")
	equal(t, "the engine", got.Description.Engine.EngineVersion, e.Info().Version)
	if got.ManagerStatus == nil || !got.ManagerStatus.Leader || got.ManagerStatus.Addr != swarmAddress ||
		got.ManagerStatus.Reachability != v141.ReachabilityReachable {
		t.Errorf("as a manager it is %+v", got.ManagerStatus)
	}
	if r := got.Description.Resources; r.NanoCPUs < 1e9 || r.MemoryBytes < 1<<20 {
		t.Errorf("its resources are %+v", r)
	}
	if len(got.Description.Engine.Plugins) == 0 {
		t.Error("the engine's plugins are missing")
	}

	spec := got.Spec
	spec.Labels = map[string]string{"disk": "slow"}
	update := func() error { return c.Update(ctx, id, must(c.Inspect(ctx, id))(t).Version.Index, spec) }
	inSequence(t, update)
	equal(t, "the specification after the update", must(c.Inspect(ctx, id))(t).Spec, spec)
	found := must(c.List(ctx, &nodes.ListOptions{Filters: map[string][]string{"node.label": {"disk=slow"}}}))(t)
	equal(t, "the nodes with that label", len(found), 1)

	spec.Role = v141.NodeSpecRoleWorker
	fails(t, update(), transport.ErrBadRequest, 400, "last manager")
	fails(t, c.Delete(ctx, id, nil), transport.ErrBadRequest, 400, "is a cluster manager and is a member of the raft cluster")
	fails(t, c.Delete(ctx, "nobody", &nodes.DeleteOptions{Force: true}), transport.ErrNotFound, 404, "nobody")
}

// testSwarmLeave ends the cluster, which a manager does only if it is told twice.
func testSwarmLeave(t *testing.T, e *engine) {
	c, ctx := swarm.New(e), t.Context()
	fails(t, c.Leave(ctx, nil), transport.ErrUnavailable, 503, "You are attempting to leave the swarm on a node that is participating as a manager")
	ok(t, c.Leave(ctx, &swarm.LeaveOptions{Force: true}))
	equal(t, "the node's state", must(system.New(e).Info(ctx))(t).Swarm.LocalNodeState, v141.LocalNodeStateInactive)
}
