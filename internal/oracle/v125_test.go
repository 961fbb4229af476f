package oracle

import (
	"strings"
	"testing"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/events"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/registry"
	"github.com/docker/docker/api/types/swarm"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/pkg/jsonmessage"

	"github.com/gantry-go/gantry/docker/v125"
	"github.com/gantry-go/gantry/docker/v125/containers"
	"github.com/gantry-go/gantry/docker/v125/exec"
	"github.com/gantry-go/gantry/docker/v125/images"
	"github.com/gantry-go/gantry/docker/v125/networks"
	"github.com/gantry-go/gantry/docker/v125/secrets"
	"github.com/gantry-go/gantry/docker/v125/services"
	ourswarm "github.com/gantry-go/gantry/docker/v125/swarm"
	oursystem "github.com/gantry-go/gantry/docker/v125/system"
	"github.com/gantry-go/gantry/docker/v125/volumes"
)

var pairs125 = []Pair{
	{containers.CreateRequest{}, createBody{}},
	{containers.CreateResponse{}, container.ContainerCreateCreatedBody{}},
	{containers.InspectResponse{}, types.ContainerJSON{}},
	{v125.ContainerSummary{}, types.Container{}},
	{containers.TopResponse{}, container.ContainerTopOKBody{}},
	{containers.UpdateResponse{}, container.ContainerUpdateOKBody{}},
	{containers.UpdateRequest{}, container.UpdateConfig{}},
	{containers.WaitResponse{}, container.ContainerWaitOKBody{}},
	{v125.ContainerStatsResponse{}, types.StatsJSON{}},
	{v125.FilesystemChange{}, container.ContainerChangeResponseItem{}},
	{v125.ContainerPathStat{}, types.ContainerPathStat{}},
	{containers.PruneResponse{}, types.ContainersPruneReport{}},
	{exec.CreateRequest{}, types.ExecConfig{}},
	{exec.StartRequest{}, types.ExecStartCheck{}},
	{v125.IDResponse{}, types.IDResponse{}},
	{v125.ImageDeleteResponseItem{}, types.ImageDeleteResponseItem{}},
	{v125.ImageHistoryResponseItem{}, image.HistoryResponseItem{}},
	{v125.ImageSummary{}, types.ImageSummary{}},
	{v125.ImageInspect{}, types.ImageInspect{}},
	{images.PruneResponse{}, types.ImagesPruneReport{}},
	{images.SearchItem{}, registry.SearchResult{}},
	{v125.AuthConfig{}, types.AuthConfig{}},
	{oursystem.AuthResponse{}, registry.AuthenticateOKBody{}},
	{v125.ProgressDetail{}, jsonmessage.JSONProgress{}},
	{v125.ErrorDetail{}, jsonmessage.JSONError{}},
	{v125.PushResult{}, types.PushResult{}},
	{v125.BuildInfo{}, jsonmessage.JSONMessage{}},
	{v125.CreateImageInfo{}, jsonmessage.JSONMessage{}},
	{v125.PushImageInfo{}, jsonmessage.JSONMessage{}},
	{oursystem.EventsResponse{}, events.Message{}},
	{networks.CreateRequest{}, types.NetworkCreateRequest{}},
	{networks.CreateResponse{}, types.NetworkCreateResponse{}},
	{v125.Network{}, types.NetworkResource{}},
	{networks.ConnectRequest{}, types.NetworkConnect{}},
	{networks.DisconnectRequest{}, types.NetworkDisconnect{}},
	{networks.PruneResponse{}, types.NetworksPruneReport{}},
	{v125.Volume{}, types.Volume{}},
	{volumes.CreateRequest{}, volume.VolumeCreateBody{}},
	{volumes.ListResponse{}, volume.VolumeListOKBody{}},
	{volumes.PruneResponse{}, types.VolumesPruneReport{}},
	{oursystem.InfoResponse{}, types.Info{}},
	{oursystem.VersionResponse{}, types.Version{}},
	{oursystem.DataUsageResponse{}, types.DiskUsage{}},
	{v125.Plugin{}, types.Plugin{}},
	{ourswarm.InspectResponse{}, swarm.Swarm{}},
	{ourswarm.InitRequest{}, swarm.InitRequest{}},
	{ourswarm.JoinRequest{}, swarm.JoinRequest{}},
	{ourswarm.UnlockRequest{}, swarm.UnlockRequest{}},
	{ourswarm.UnlockKeyResponse{}, types.SwarmUnlockKeyResponse{}},
	{v125.SwarmSpec{}, swarm.Spec{}},
	{v125.Node{}, swarm.Node{}},
	{v125.Service{}, swarm.Service{}},
	{v125.ServiceSpec{}, swarm.ServiceSpec{}},
	{services.CreateResponse{}, types.ServiceCreateResponse{}},
	{v125.ServiceUpdateResponse{}, types.ServiceUpdateResponse{}},
	{v125.Task{}, swarm.Task{}},
	{v125.Secret{}, swarm.Secret{}},
	{secrets.CreateResponse{}, types.SecretCreateResponse{}},
}

// TestV125 compares the oldest version with the engine's types of 1.41. Members may have come and gone since, so that
// only those that both have count.
func TestV125(t *testing.T) {
	diffs, _ := Compare(pairs125, kinds141)
	for where, what := range diffs {
		if strings.HasPrefix(what, "missing") {
			delete(diffs, where)
		}
	}
	report(t, "", diffs, explained125, nil)
}
