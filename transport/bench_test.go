package transport_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gantry-go/gantry/transport"
)

// The benchmarks compare with a named floor in the same run: net/http and encoding/json by hand, with as many idle
// connections as callers and the body read whole. "ratio" is our time by the floor's; the engine is in the process.

type floor struct{ client *http.Client }

func newFloor(b *testing.B, socket string) floor {
	t := &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
		MaxIdleConnsPerHost: 1 << 10,
		DisableCompression:  true,
	}
	b.Cleanup(t.CloseIdleConnections)
	return floor{&http.Client{Transport: t}}
}

func (f floor) get(path string) ([]byte, error) {
	resp, err := f.client.Get("http://engine" + path)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	return io.ReadAll(resp.Body)
}

// compare alternates both, so that what else the machine does falls on both alike.
func compare(b *testing.B, ours, floor func() error) {
	b.Helper()
	var ourTime, floorTime time.Duration
	for b.Loop() {
		for f, spent := range map[*func() error]*time.Duration{&ours: &ourTime, &floor: &floorTime} {
			start := time.Now()
			if err := (*f)(); err != nil {
				b.Fatal(err)
			}
			*spent += time.Since(start)
		}
	}
	b.ReportMetric(float64(ourTime)/float64(floorTime), "ratio")
	b.ReportMetric(float64(ourTime.Nanoseconds())/float64(b.N), "ns/ours")
	b.ReportMetric(0, "ns/op")
}

func benchEngine(b *testing.B, body string) (*transport.Client, floor) {
	b.Helper()
	dir := b.TempDir()
	listener, err := net.Listen("unix", dir+"/s")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, body)
	}), ReadHeaderTimeout: time.Minute}
	go server.Serve(listener)                //nolint:errcheck // ends with Close
	b.Cleanup(func() { _ = server.Close() }) //
	c, err := transport.New("unix://" + dir + "/s")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c, newFloor(b, dir+"/s")
}

var opPing = transport.Operation{Name: "Ping", Method: "GET", Path: "/_ping"}

func BenchmarkPing(b *testing.B) {
	c, f := benchEngine(b, "OK")
	compare(b,
		func() error { return transport.None(b.Context(), c, opPing.Request()) },
		func() error { _, err := f.get("/_ping"); return err })
}

type summary struct {
	ID      string            `json:"Id"`
	Names   []string          `json:"Names"`
	Image   string            `json:"Image"`
	Command string            `json:"Command"`
	Created int64             `json:"Created"`
	State   string            `json:"State"`
	Status  string            `json:"Status"`
	Labels  map[string]string `json:"Labels"`
}

func BenchmarkList1000(b *testing.B) {
	list := make([]summary, 1000)
	for i := range list {
		list[i] = summary{
			ID: strings.Repeat(fmt.Sprintf("%08x", i), 8), Names: []string{fmt.Sprintf("/service-%d", i)},
			Image: "registry.example/team/app:1.2.3", Command: "/bin/app --serve", Created: int64(1_700_000_000 + i),
			State: "running", Status: "Up 3 hours", Labels: map[string]string{"app": "web", "tier": "front", "n": fmt.Sprint(i)},
		}
	}
	data, err := json.Marshal(list)
	if err != nil {
		b.Fatal(err)
	}
	c, f := benchEngine(b, string(data))
	compare(b,
		func() error { _, err := transport.List[summary](b.Context(), c, opList.Request()); return err },
		func() error {
			data, err := f.get("/v1.41/containers/json")
			if err != nil {
				return err
			}
			return json.Unmarshal(data, new([]summary))
		})
}
