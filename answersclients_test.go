package gantry

import (
	d125containers "github.com/gantry-go/gantry/docker/v125/containers"
	d125exec "github.com/gantry-go/gantry/docker/v125/exec"
	d125images "github.com/gantry-go/gantry/docker/v125/images"
	d125networks "github.com/gantry-go/gantry/docker/v125/networks"
	d125nodes "github.com/gantry-go/gantry/docker/v125/nodes"
	d125plugins "github.com/gantry-go/gantry/docker/v125/plugins"
	d125secrets "github.com/gantry-go/gantry/docker/v125/secrets"
	d125services "github.com/gantry-go/gantry/docker/v125/services"
	d125swarm "github.com/gantry-go/gantry/docker/v125/swarm"
	d125system "github.com/gantry-go/gantry/docker/v125/system"
	d125tasks "github.com/gantry-go/gantry/docker/v125/tasks"
	d125volumes "github.com/gantry-go/gantry/docker/v125/volumes"
	d141configs "github.com/gantry-go/gantry/docker/v141/configs"
	d141containers "github.com/gantry-go/gantry/docker/v141/containers"
	d141distribution "github.com/gantry-go/gantry/docker/v141/distribution"
	d141exec "github.com/gantry-go/gantry/docker/v141/exec"
	d141images "github.com/gantry-go/gantry/docker/v141/images"
	d141networks "github.com/gantry-go/gantry/docker/v141/networks"
	d141nodes "github.com/gantry-go/gantry/docker/v141/nodes"
	d141plugins "github.com/gantry-go/gantry/docker/v141/plugins"
	d141secrets "github.com/gantry-go/gantry/docker/v141/secrets"
	d141services "github.com/gantry-go/gantry/docker/v141/services"
	d141session "github.com/gantry-go/gantry/docker/v141/session"
	d141swarm "github.com/gantry-go/gantry/docker/v141/swarm"
	d141system "github.com/gantry-go/gantry/docker/v141/system"
	d141tasks "github.com/gantry-go/gantry/docker/v141/tasks"
	d141volumes "github.com/gantry-go/gantry/docker/v141/volumes"
	d156configs "github.com/gantry-go/gantry/docker/v156/configs"
	d156containers "github.com/gantry-go/gantry/docker/v156/containers"
	d156distribution "github.com/gantry-go/gantry/docker/v156/distribution"
	d156exec "github.com/gantry-go/gantry/docker/v156/exec"
	d156images "github.com/gantry-go/gantry/docker/v156/images"
	d156networks "github.com/gantry-go/gantry/docker/v156/networks"
	d156nodes "github.com/gantry-go/gantry/docker/v156/nodes"
	d156plugins "github.com/gantry-go/gantry/docker/v156/plugins"
	d156secrets "github.com/gantry-go/gantry/docker/v156/secrets"
	d156services "github.com/gantry-go/gantry/docker/v156/services"
	d156session "github.com/gantry-go/gantry/docker/v156/session"
	d156swarm "github.com/gantry-go/gantry/docker/v156/swarm"
	d156system "github.com/gantry-go/gantry/docker/v156/system"
	d156tasks "github.com/gantry-go/gantry/docker/v156/tasks"
	d156volumes "github.com/gantry-go/gantry/docker/v156/volumes"
	p31containers "github.com/gantry-go/gantry/podman/v31/containers"
	p31exec "github.com/gantry-go/gantry/podman/v31/exec"
	p31images "github.com/gantry-go/gantry/podman/v31/images"
	p31kube "github.com/gantry-go/gantry/podman/v31/kube"
	p31manifests "github.com/gantry-go/gantry/podman/v31/manifests"
	p31networks "github.com/gantry-go/gantry/podman/v31/networks"
	p31pods "github.com/gantry-go/gantry/podman/v31/pods"
	p31secrets "github.com/gantry-go/gantry/podman/v31/secrets"
	p31system "github.com/gantry-go/gantry/podman/v31/system"
	p31volumes "github.com/gantry-go/gantry/podman/v31/volumes"
	p43containers "github.com/gantry-go/gantry/podman/v43/containers"
	p43exec "github.com/gantry-go/gantry/podman/v43/exec"
	p43images "github.com/gantry-go/gantry/podman/v43/images"
	p43kube "github.com/gantry-go/gantry/podman/v43/kube"
	p43manifests "github.com/gantry-go/gantry/podman/v43/manifests"
	p43networks "github.com/gantry-go/gantry/podman/v43/networks"
	p43pods "github.com/gantry-go/gantry/podman/v43/pods"
	p43secrets "github.com/gantry-go/gantry/podman/v43/secrets"
	p43system "github.com/gantry-go/gantry/podman/v43/system"
	p43volumes "github.com/gantry-go/gantry/podman/v43/volumes"
	p60artifacts "github.com/gantry-go/gantry/podman/v60/artifacts"
	p60containers "github.com/gantry-go/gantry/podman/v60/containers"
	p60exec "github.com/gantry-go/gantry/podman/v60/exec"
	p60images "github.com/gantry-go/gantry/podman/v60/images"
	p60kube "github.com/gantry-go/gantry/podman/v60/kube"
	p60manifests "github.com/gantry-go/gantry/podman/v60/manifests"
	p60networks "github.com/gantry-go/gantry/podman/v60/networks"
	p60pods "github.com/gantry-go/gantry/podman/v60/pods"
	p60quadlets "github.com/gantry-go/gantry/podman/v60/quadlets"
	p60secrets "github.com/gantry-go/gantry/podman/v60/secrets"
	p60system "github.com/gantry-go/gantry/podman/v60/system"
	p60volumes "github.com/gantry-go/gantry/podman/v60/volumes"
	"github.com/gantry-go/gantry/transport"
)

// generated are the clients of some versions, of either engine the oldest, the newest, and one between them.
func generated(c transport.Caller) map[[2]string]map[string]any {
	return map[[2]string]map[string]any{
		{"docker", "1.25"}: {
			"containers": d125containers.New(c),
			"exec":       d125exec.New(c),
			"images":     d125images.New(c),
			"networks":   d125networks.New(c),
			"nodes":      d125nodes.New(c),
			"plugins":    d125plugins.New(c),
			"secrets":    d125secrets.New(c),
			"services":   d125services.New(c),
			"swarm":      d125swarm.New(c),
			"system":     d125system.New(c),
			"tasks":      d125tasks.New(c),
			"volumes":    d125volumes.New(c),
		},
		{"docker", "1.41"}: {
			"configs":      d141configs.New(c),
			"containers":   d141containers.New(c),
			"distribution": d141distribution.New(c),
			"exec":         d141exec.New(c),
			"images":       d141images.New(c),
			"networks":     d141networks.New(c),
			"nodes":        d141nodes.New(c),
			"plugins":      d141plugins.New(c),
			"secrets":      d141secrets.New(c),
			"services":     d141services.New(c),
			"session":      d141session.New(c),
			"swarm":        d141swarm.New(c),
			"system":       d141system.New(c),
			"tasks":        d141tasks.New(c),
			"volumes":      d141volumes.New(c),
		},
		{"docker", "1.56"}: {
			"configs":      d156configs.New(c),
			"containers":   d156containers.New(c),
			"distribution": d156distribution.New(c),
			"exec":         d156exec.New(c),
			"images":       d156images.New(c),
			"networks":     d156networks.New(c),
			"nodes":        d156nodes.New(c),
			"plugins":      d156plugins.New(c),
			"secrets":      d156secrets.New(c),
			"services":     d156services.New(c),
			"session":      d156session.New(c),
			"swarm":        d156swarm.New(c),
			"system":       d156system.New(c),
			"tasks":        d156tasks.New(c),
			"volumes":      d156volumes.New(c),
		},
		{"podman", "3.1"}: {
			"containers": p31containers.New(c),
			"exec":       p31exec.New(c),
			"images":     p31images.New(c),
			"kube":       p31kube.New(c),
			"manifests":  p31manifests.New(c),
			"networks":   p31networks.New(c),
			"pods":       p31pods.New(c),
			"secrets":    p31secrets.New(c),
			"system":     p31system.New(c),
			"volumes":    p31volumes.New(c),
		},
		{"podman", "4.3"}: {
			"containers": p43containers.New(c),
			"exec":       p43exec.New(c),
			"images":     p43images.New(c),
			"kube":       p43kube.New(c),
			"manifests":  p43manifests.New(c),
			"networks":   p43networks.New(c),
			"pods":       p43pods.New(c),
			"secrets":    p43secrets.New(c),
			"system":     p43system.New(c),
			"volumes":    p43volumes.New(c),
		},
		{"podman", "6.0"}: {
			"artifacts":  p60artifacts.New(c),
			"containers": p60containers.New(c),
			"exec":       p60exec.New(c),
			"images":     p60images.New(c),
			"kube":       p60kube.New(c),
			"manifests":  p60manifests.New(c),
			"networks":   p60networks.New(c),
			"pods":       p60pods.New(c),
			"quadlets":   p60quadlets.New(c),
			"secrets":    p60secrets.New(c),
			"system":     p60system.New(c),
			"volumes":    p60volumes.New(c),
		},
	}
}
