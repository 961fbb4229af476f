package docker_test

// leftOutDocker are the operations of API 1.41 that no test brings to a success on Docker, with the reason.
var leftOutDocker = map[string]string{}

// Why whole parts are missing on Podman.
const (
	noCluster = "Podman has no cluster"
	noPlugins = "Podman has no engine plugins of its own; it finds those of volumes by their sockets"
)

// leftOutPodman are those on Podman's compatible socket: mostly what Podman does not have.
var leftOutPodman = map[string]string{
	"BuildPrune":               "Podman's builder keeps its cache as images, and has no endpoint to prune it",
	"ContainerAttachWebsocket": "Podman attaches by an upgraded connection alone",
	"ContainerUpdate":          "Podman's compatible socket has it from 5 on",
	"DistributionInspect":      "Podman asks a registry about an image only to pull it",
	"SecretUpdate":             "Podman answers 501: its secrets are replaced, not changed",
	"Session":                  "Podman's builder needs no session, and has none",
	"ConfigCreate":             noCluster,
	"ConfigDelete":             noCluster,
	"ConfigInspect":            noCluster,
	"ConfigList":               noCluster,
	"ConfigUpdate":             noCluster,
	"NodeDelete":               noCluster,
	"NodeInspect":              noCluster,
	"NodeList":                 noCluster,
	"NodeUpdate":               noCluster,
	"ServiceCreate":            noCluster,
	"ServiceDelete":            noCluster,
	"ServiceInspect":           noCluster,
	"ServiceList":              noCluster,
	"ServiceLogs":              noCluster,
	"ServiceUpdate":            noCluster,
	"SwarmInit":                noCluster,
	"SwarmInspect":             noCluster,
	"SwarmJoin":                noCluster,
	"SwarmLeave":               noCluster,
	"SwarmUnlock":              noCluster,
	"SwarmUnlockkey":           noCluster,
	"SwarmUpdate":              noCluster,
	"TaskInspect":              noCluster,
	"TaskList":                 noCluster,
	"TaskLogs":                 noCluster,
	"GetPluginPrivileges":      noPlugins,
	"PluginCreate":             noPlugins,
	"PluginDelete":             noPlugins,
	"PluginDisable":            noPlugins,
	"PluginEnable":             noPlugins,
	"PluginInspect":            noPlugins,
	"PluginList":               noPlugins,
	"PluginPull":               noPlugins,
	"PluginPush":               noPlugins,
	"PluginSet":                noPlugins,
	"PluginUpgrade":            noPlugins,
}
