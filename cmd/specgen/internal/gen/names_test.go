package gen

import (
	"strings"
	"testing"
)

func containsLine(text, want string) bool { return strings.Contains(text, want) }

func TestGoName(t *testing.T) {
	for wire, want := range map[string]string{
		"Id": "ID", "HostIp": "HostIP", "IPv4Address": "IPv4Address", "GlobalIPv6PrefixLen": "GlobalIPv6PrefixLen",
		"NanoCpus": "NanoCPUs", "CpusetCpus": "CpusetCPUs", "OomKillDisable": "OOMKillDisable", "PidsLimit": "PIDsLimit",
		"io_service_bytes": "IOServiceBytes", "os.version": "OSVersion", "Api-Version": "APIVersion", "IPAMConfig": "IPAMConfig",
		"SizeRw": "SizeRW", "UTSMode": "UTSMode", "TLSInfo": "TLSInfo", "HttpProxy": "HTTPProxy", "Tty": "TTY", "NCPU": "NCPU",
		"Identity": "Identity", "Ip6tables": "Ip6tables", "ExecIDs": "ExecIDs", "one-shot": "OneShot", "404s": "N404s",
		"VirtualIPs": "VirtualIPs", "ps_args": "PsArgs", "": "Empty", "AllowNondistributableArtifactsCIDRs": "AllowNondistributableArtifactsCIDRs",
	} {
		if got := goName(wire); got != want {
			t.Errorf("goName(%q) = %q, want %q", wire, got, want)
		}
	}
}

func TestMethodName(t *testing.T) {
	for _, tt := range []struct{ id, tag, want string }{
		{"ContainerList", "Container", "List"},
		{"PutContainerArchive", "Container", "PutArchive"},
		{"GetPluginPrivileges", "Plugin", "Privileges"},
		{"ContainerArchiveInfo", "Container", "ArchiveInfo"},
		{"SystemDataUsage", "System", "DataUsage"},
		{"BuildPrune", "Image", "BuildPrune"},
		{"ImageGetAll", "Image", "GetAll"},
		{"Session", "Session (experimental)", ""},
		{"ContainerArchive", "containers (compat)", "Archive"},
		{"PodStatsAll", "pods", "StatsAll"},
		{"ExecInspect", "exec", "Inspect"},
	} {
		if got := methodName(tt.id, tt.tag); got != tt.want {
			t.Errorf("methodName(%q, %q) = %q, want %q", tt.id, tt.tag, got, tt.want)
		}
	}
}

func TestArgName(t *testing.T) {
	for wire, want := range map[string]string{
		"id": "id", "X-Registry-Auth": "registryAuth", "type": "typeArg", "body": "bodyArg", "Id": "id", "version": "version",
	} {
		if got := argName(wire); got != want {
			t.Errorf("argName(%q) = %q, want %q", wire, got, want)
		}
	}
}

func TestSnakeName(t *testing.T) {
	for name, want := range map[string]string{
		"HostConfig": "host_config", "IPAMConfig": "ipam_config", "TLSInfo": "tls_info", "IDResponse": "id_response",
		"PlatformLinux": "platform_linux_type", "Test": "test",
	} {
		if got := snakeName(name); got != want {
			t.Errorf("snakeName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestSingular(t *testing.T) {
	for name, want := range map[string]string{
		"Ulimits": "Ulimit", "Policies": "Policy", "Addresses": "Address", "Status": "Status", "Class": "Class", "Redis": "Redis",
		"IPs": "IP", "Config": "Config",
	} {
		if got := singular(name); got != want {
			t.Errorf("singular(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestVersions(t *testing.T) {
	parse := func(text string) version {
		v, err := parseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if parse("1.9").compare(parse("1.41")) >= 0 {
		t.Error("1.9 is not before 1.41")
	}
	if got := parse("4.3.1").packageName(); got != "v43" {
		t.Errorf("the package of 4.3.1 is %s", got)
	}
	if (span{Since: "1.x"}).valid() == nil {
		t.Error("since 1.x is accepted")
	}
	for _, text := range []string{"", "1", "1.x", "v1.41", "1.-1"} {
		if _, err := parseVersion(text); err == nil {
			t.Errorf("%q is a version", text)
		}
	}
	for _, tt := range []struct {
		span span
		want bool
	}{
		{span{}, true},
		{span{Since: "1.41"}, true},
		{span{Until: "1.41"}, true},
		{span{Since: "1.42"}, false},
		{span{Until: "1.40"}, false},
		{span{Since: "1.30", Until: "1.50"}, true},
	} {
		if got := tt.span.holds(parse("1.41")); got != tt.want {
			t.Errorf("%+v holds for 1.41: %v", tt.span, got)
		}
	}
}
