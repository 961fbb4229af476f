package docker_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/nodes"
	"github.com/gantry-go/gantry/docker/v141/swarm"
	"github.com/gantry-go/gantry/docker/v141/system"
	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/transport"
)

// testSecondNode does what takes another engine, or one that is started again, which the shared one must not be.
func testSecondNode(t *testing.T, e *engine) {
	env := enginetest.New(t, enginetest.Config{Kind: e.name, Flags: []string{"--experimental"}})
	other := openEngine(t, e.name, env)
	other.done, other.unknown = e.done, e.unknown
	t.Run("unlock", func(t *testing.T) { testUnlock(t, other) })
	t.Run("join", func(t *testing.T) { testJoin(t, e, other) })
}

// testUnlock locks a manager out by starting it again.
func testUnlock(t *testing.T, e *engine) {
	c, ctx := swarm.New(e), t.Context()
	// Both are needed: the one locks the first manager, the other says that it stays so.
	request := swarm.InitRequest{ListenAddr: swarmAddress, AdvertiseAddr: "127.0.0.1", DataPathPort: swarmPort, AutoLockManagers: true}
	request.Spec.EncryptionConfig.AutoLockManagers = true
	ok(t, only(c.Init(ctx, request)))
	cleanup(t, func(ctx context.Context) error { return leave(ctx, c) })
	equal(t, "the lock", must(c.Inspect(ctx))(t).Spec.EncryptionConfig.AutoLockManagers, true)
	key := must(c.UnlockKey(ctx))(t).UnlockKey
	t.Run("plugin service", func(t *testing.T) { testPluginService(t, e) })
	e.env.Stop(t)
	e.env.Start(t)

	state := func() v141.LocalNodeState { return must(system.New(e).Info(ctx))(t).Swarm.LocalNodeState }
	eventually(t, "the node is locked", func() bool { return state() == v141.LocalNodeStateLocked })
	_, err := c.Inspect(ctx)
	fails(t, err, transport.ErrUnavailable, 503, "Swarm is encrypted and needs to be unlocked")
	fails(t, c.Unlock(ctx, swarm.UnlockRequest{UnlockKey: "no key"}), transport.ErrBadRequest, 400, "invalid key string")
	other := []byte(key)
	if first := &other[len("SWMKEY-1-")]; *first == 'A' {
		*first = 'B'
	} else {
		*first = 'A'
	}
	fails(t, c.Unlock(ctx, swarm.UnlockRequest{UnlockKey: string(other)}), transport.ErrUnauthorized, 401, "invalid key provided")
	ok(t, c.Unlock(ctx, swarm.UnlockRequest{UnlockKey: key}))
	eventually(t, "the node is back", func() bool { return state() == v141.LocalNodeStateActive })
	equal(t, "the key", must(c.UnlockKey(ctx))(t).UnlockKey, key)
}

// leave ends a node's part in a cluster, if it has one.
func leave(ctx context.Context, c *swarm.Client) error {
	if err := c.Leave(ctx, &swarm.LeaveOptions{Force: true}); !errors.Is(err, transport.ErrUnavailable) {
		return err // ErrUnavailable is what is said to a node that has left
	}
	return nil
}

// testJoin makes other a worker in e's cluster. The engines have no network in common: what connects to the manager's
// address on the worker's loopback is carried over to the manager's.
func testJoin(t *testing.T, e, other *engine) {
	ctx := t.Context()
	manager, worker, all := swarm.New(e), swarm.New(other), nodes.New(e)
	go bridge(loopbackOf(t, other.env).listen(t, swarmAddress), loopbackOf(t, e.env), swarmAddress)
	request := swarm.JoinRequest{
		ListenAddr: "127.0.0.1:22378", AdvertiseAddr: "127.0.0.1", RemoteAddrs: []string{swarmAddress},
		JoinToken: must(manager.Inspect(ctx))(t).JoinTokens.Worker, Availability: v141.NodeAvailabilityDrain,
	}
	ok(t, worker.Join(ctx, request))
	cleanup(t, func(ctx context.Context) error { return leave(ctx, worker) })
	fails(t, worker.Join(ctx, request), transport.ErrUnavailable, 503, "This node is already part of a swarm")

	info := must(system.New(other).Info(ctx))(t).Swarm
	equal(t, "the worker's state", info.LocalNodeState, v141.LocalNodeStateActive)
	equal(t, "that it controls", info.ControlAvailable, false)
	if info.Cluster != nil {
		t.Errorf("a worker knows the cluster: %+v", info.Cluster)
	}
	if len(info.RemoteManagers) != 1 || info.RemoteManagers[0].Addr != swarmAddress {
		t.Errorf("its managers are %+v", info.RemoteManagers)
	}
	node := must(all.Inspect(ctx, info.NodeID))(t)
	equal(t, "its role", node.Spec.Role, v141.NodeSpecRoleWorker)
	equal(t, "its availability", node.Spec.Availability, v141.NodeAvailabilityDrain)
	if node.ManagerStatus != nil {
		t.Errorf("a worker manages: %+v", node.ManagerStatus)
	}
	equal(t, "the nodes", len(must(all.List(ctx, nil))(t)), 2)

	state := func() v141.NodeState { return must(all.Inspect(ctx, node.ID))(t).Status.State }
	eventually(t, "the worker is ready", func() bool { return state() == v141.NodeStateReady })
	fails(t, all.Delete(ctx, node.ID, nil), transport.ErrBadRequest, 400, "is not down and can't be removed")
	ok(t, worker.Leave(ctx, nil))
	eventually(t, "the worker is down", func() bool { return state() == v141.NodeStateDown })
	ok(t, all.Delete(ctx, node.ID, nil))
	_, err := all.Inspect(ctx, node.ID)
	fails(t, err, transport.ErrNotFound, 404, node.ID)
}
