package oracle

import (
	"net/netip"
	"reflect"
	"testing"

	apibuild "github.com/moby/moby/api/types/build"
	"github.com/moby/moby/api/types/common"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/events"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/api/types/plugin"
	"github.com/moby/moby/api/types/registry"
	"github.com/moby/moby/api/types/swarm"
	"github.com/moby/moby/api/types/system"
	"github.com/moby/moby/api/types/volume"

	"github.com/gantry-go/gantry/docker/v156"
	"github.com/gantry-go/gantry/docker/v156/configs"
	"github.com/gantry-go/gantry/docker/v156/containers"
	"github.com/gantry-go/gantry/docker/v156/exec"
	"github.com/gantry-go/gantry/docker/v156/images"
	"github.com/gantry-go/gantry/docker/v156/networks"
	"github.com/gantry-go/gantry/docker/v156/secrets"
	ourswarm "github.com/gantry-go/gantry/docker/v156/swarm"
	oursystem "github.com/gantry-go/gantry/docker/v156/system"
	"github.com/gantry-go/gantry/docker/v156/volumes"
)

var pairs156 = []Pair{
	{containers.CreateRequest{}, container.CreateRequest{}},
	{v156.ContainerCreateResponse{}, container.CreateResponse{}},
	{v156.ContainerInspectResponse{}, container.InspectResponse{}},
	{v156.ContainerSummary{}, container.Summary{}},
	{v156.ContainerTopResponse{}, container.TopResponse{}},
	{v156.ContainerUpdateResponse{}, container.UpdateResponse{}},
	{containers.UpdateRequest{}, container.UpdateConfig{}},
	{v156.ContainerWaitResponse{}, container.WaitResponse{}},
	{v156.ContainerStatsResponse{}, container.StatsResponse{}},
	{v156.FilesystemChange{}, container.FilesystemChange{}},
	{v156.ContainerPathStat{}, container.PathStat{}},
	{containers.PruneResponse{}, container.PruneReport{}},
	{exec.CreateRequest{}, container.ExecCreateRequest{}},
	{exec.StartRequest{}, container.ExecStartRequest{}},
	{exec.InspectResponse{}, container.ExecInspectResponse{}},
	{v156.IDResponse{}, common.IDResponse{}},
	{v156.AttestationStatement{}, image.AttestationStatement{}},
	{v156.ImageDeleteResponseItem{}, image.DeleteResponse{}},
	{v156.ImageHistoryResponseItem{}, image.HistoryResponseItem{}},
	{v156.ImageSummary{}, image.Summary{}},
	{v156.ImageInspect{}, image.InspectResponse{}},
	{images.PruneResponse{}, image.PruneReport{}},
	{images.BuildPruneResponse{}, apibuild.CachePruneReport{}},
	{images.SearchItem{}, registry.SearchResult{}},
	{v156.DistributionInspect{}, registry.DistributionInspect{}},
	{v156.AuthConfig{}, registry.AuthConfig{}},
	{v156.AuthResponse{}, registry.AuthResponse{}},
	{v156.ProgressDetail{}, jsonstream.Progress{}},
	{v156.ErrorDetail{}, jsonstream.Error{}},
	{v156.BuildInfo{}, jsonstream.Message{}},
	{v156.CreateImageInfo{}, jsonstream.Message{}},
	{v156.PushImageInfo{}, jsonstream.Message{}},
	{v156.EventMessage{}, events.Message{}},
	{networks.CreateRequest{}, network.CreateRequest{}},
	{v156.NetworkCreateResponse{}, network.CreateResponse{}},
	{v156.NetworkInspect{}, network.Inspect{}},
	{v156.NetworkSummary{}, network.Summary{}},
	{v156.NetworkConnectRequest{}, network.ConnectRequest{}},
	{v156.NetworkDisconnectRequest{}, network.DisconnectRequest{}},
	{networks.PruneResponse{}, network.PruneReport{}},
	{v156.Volume{}, volume.Volume{}},
	{v156.VolumeCreateOptions{}, volume.CreateRequest{}},
	{v156.VolumeListResponse{}, volume.ListResponse{}},
	{volumes.PruneResponse{}, volume.PruneReport{}},
	{v156.SystemInfo{}, system.Info{}},
	{v156.SystemVersion{}, system.VersionResponse{}},
	{oursystem.DataUsageResponse{}, system.DiskUsage{}},
	{v156.Plugin{}, plugin.Plugin{}},
	{v156.PluginPrivilege{}, plugin.Privilege{}},
	{v156.Swarm{}, swarm.Swarm{}},
	{ourswarm.InitRequest{}, swarm.InitRequest{}},
	{ourswarm.JoinRequest{}, swarm.JoinRequest{}},
	{ourswarm.UnlockRequest{}, swarm.UnlockRequest{}},
	{ourswarm.UnlockKeyResponse{}, swarm.UnlockKeyResponse{}},
	{v156.SwarmSpec{}, swarm.Spec{}},
	{v156.Node{}, swarm.Node{}},
	{v156.Service{}, swarm.Service{}},
	{v156.ServiceSpec{}, swarm.ServiceSpec{}},
	{v156.ServiceCreateResponse{}, swarm.ServiceCreateResponse{}},
	{v156.ServiceUpdateResponse{}, swarm.ServiceUpdateResponse{}},
	{v156.Task{}, swarm.Task{}},
	{v156.Secret{}, swarm.Secret{}},
	{secrets.CreateResponse{}, swarm.SecretCreateResponse{}},
	{v156.SwarmConfig{}, swarm.Config{}},
	{configs.CreateResponse{}, swarm.ConfigCreateResponse{}},
}

var kinds156 = map[reflect.Type]string{
	reflect.TypeFor[netip.Addr]():           "string",
	reflect.TypeFor[netip.Prefix]():         "string",
	reflect.TypeFor[network.HardwareAddr](): "string",
	reflect.TypeFor[network.Port]():         "string",
	reflect.TypeFor[plugin.CapabilityID]():  "string",
}

func TestV156(t *testing.T) {
	diffs, visited := Compare(pairs156, kinds156)
	report(t, "156", diffs, explained156, visited)
}
