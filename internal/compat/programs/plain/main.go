// Command plain lists containers by hand, with net/http and the JSON library that gantry uses: what a program costs that
// has no client at all.
package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/go-json-experiment/json"
)

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	client := http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", "/var/run/docker.sock")
		},
	}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/v1.41/containers/json", nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // only read
	var list []struct{ ID string }
	if err := json.UnmarshalRead(resp.Body, &list); err != nil {
		return err
	}
	for _, c := range list {
		fmt.Println(c.ID)
	}
	return nil
}
