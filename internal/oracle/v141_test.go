package oracle

import (
	"reflect"
	"testing"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/api/types/swarm"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/pkg/jsonmessage"

	"github.com/gantry-go/gantry/docker/v141"
	"github.com/gantry-go/gantry/docker/v141/configs"
	"github.com/gantry-go/gantry/docker/v141/containers"
	"github.com/gantry-go/gantry/docker/v141/exec"
	"github.com/gantry-go/gantry/docker/v141/images"
	"github.com/gantry-go/gantry/docker/v141/networks"
	"github.com/gantry-go/gantry/docker/v141/secrets"
	"github.com/gantry-go/gantry/docker/v141/services"
	ourswarm "github.com/gantry-go/gantry/docker/v141/swarm"
	oursystem "github.com/gantry-go/gantry/docker/v141/system"
	"github.com/gantry-go/gantry/docker/v141/volumes"
)

// createBody is what the engine decodes the body of a create request into, one of its packages' own types.
type createBody struct {
	*container.Config
	HostConfig       *container.HostConfig
	NetworkingConfig *network.NetworkingConfig
}

var pairs141 = []Pair{
	{containers.CreateRequest{}, createBody{}},
	{containers.CreateResponse{}, container.ContainerCreateCreatedBody{}},
	{containers.InspectResponse{}, types.ContainerJSON{}},
	{v141.ContainerSummary{}, types.Container{}},
	{containers.TopResponse{}, container.ContainerTopOKBody{}},
	{containers.UpdateResponse{}, container.ContainerUpdateOKBody{}},
	{containers.UpdateRequest{}, container.UpdateConfig{}},
	{v141.ContainerWaitResponse{}, container.ContainerWaitOKBody{}},
	{v141.ContainerStatsResponse{}, types.StatsJSON{}},
	{v141.FilesystemChange{}, container.ContainerChangeResponseItem{}},
	{v141.ContainerPathStat{}, types.ContainerPathStat{}},
	{containers.PruneResponse{}, types.ContainersPruneReport{}},
	{exec.CreateRequest{}, types.ExecConfig{}},
	{exec.StartRequest{}, types.ExecStartCheck{}},
	{v141.IDResponse{}, types.IDResponse{}},
	{v141.ImageDeleteResponseItem{}, types.ImageDeleteResponseItem{}},
	{v141.ImageHistoryResponseItem{}, image.HistoryResponseItem{}},
	{v141.ImageSummary{}, types.ImageSummary{}},
	{v141.ImageInspect{}, types.ImageInspect{}},
	{images.PruneResponse{}, types.ImagesPruneReport{}},
	{images.BuildPruneResponse{}, types.BuildCachePruneReport{}},
	{images.SearchItem{}, registry.SearchResult{}},
	{v141.DistributionInspect{}, registry.DistributionInspect{}},
	{v141.AuthConfig{}, types.AuthConfig{}},
	{oursystem.AuthResponse{}, registry.AuthenticateOKBody{}},
	{v141.ProgressDetail{}, jsonmessage.JSONProgress{}},
	{v141.ErrorDetail{}, jsonmessage.JSONError{}},
	{v141.PushResult{}, types.PushResult{}},
	{v141.ImageBuildOutput{}, types.ImageBuildOutput{}},
	{v141.BuildInfo{}, jsonmessage.JSONMessage{}},
	{v141.CreateImageInfo{}, jsonmessage.JSONMessage{}},
	{v141.PushImageInfo{}, jsonmessage.JSONMessage{}},
	{v141.EventMessage{}, events.Message{}},
	{networks.CreateRequest{}, types.NetworkCreateRequest{}},
	{networks.CreateResponse{}, types.NetworkCreateResponse{}},
	{v141.Network{}, types.NetworkResource{}},
	{networks.ConnectRequest{}, types.NetworkConnect{}},
	{networks.DisconnectRequest{}, types.NetworkDisconnect{}},
	{networks.PruneResponse{}, types.NetworksPruneReport{}},
	{v141.Volume{}, types.Volume{}},
	{v141.VolumeCreateOptions{}, volume.VolumeCreateBody{}},
	{v141.VolumeListResponse{}, volume.VolumeListOKBody{}},
	{volumes.PruneResponse{}, types.VolumesPruneReport{}},
	{v141.SystemInfo{}, types.Info{}},
	{v141.SystemVersion{}, types.Version{}},
	{oursystem.DataUsageResponse{}, types.DiskUsage{}},
	{v141.Plugin{}, types.Plugin{}},
	{v141.PluginPrivilege{}, types.PluginPrivilege{}},
	{v141.Swarm{}, swarm.Swarm{}},
	{ourswarm.InitRequest{}, swarm.InitRequest{}},
	{ourswarm.JoinRequest{}, swarm.JoinRequest{}},
	{ourswarm.UnlockRequest{}, swarm.UnlockRequest{}},
	{ourswarm.UnlockKeyResponse{}, types.SwarmUnlockKeyResponse{}},
	{v141.SwarmSpec{}, swarm.Spec{}},
	{v141.Node{}, swarm.Node{}},
	{v141.Service{}, swarm.Service{}},
	{v141.ServiceSpec{}, swarm.ServiceSpec{}},
	{services.CreateResponse{}, types.ServiceCreateResponse{}},
	{v141.ServiceUpdateResponse{}, types.ServiceUpdateResponse{}},
	{v141.Task{}, swarm.Task{}},
	{v141.Secret{}, swarm.Secret{}},
	{secrets.CreateResponse{}, types.SecretCreateResponse{}},
	{v141.SwarmConfig{}, swarm.Config{}},
	{configs.CreateResponse{}, types.ConfigCreateResponse{}},
}

var kinds141 = map[reflect.Type]string{
	reflect.TypeFor[types.PluginInterfaceType](): "string", // written and read by methods of its own
	reflect.TypeFor[registry.NetIPNet]():         "string",
}

func TestV141(t *testing.T) {
	diffs, visited := Compare(pairs141, kinds141)
	report(t, "141", diffs, explained141, visited)
}
