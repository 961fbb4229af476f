package guide

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// Registry is a registry and what it asks for.
type Registry struct {
	Address, User, Password string
	Private                 bool   // the tour has started it
	Stop                    func() // ends one that the tour has started; never nil
}

// FindRegistry takes the registry that the environment names, or starts one.
func FindRegistry(ctx context.Context) (*Registry, error) {
	if address := os.Getenv("TOUR_REGISTRY"); address != "" {
		return &Registry{
			Address: address, User: os.Getenv("TOUR_REGISTRY_USER"), Password: os.Getenv("TOUR_REGISTRY_PASSWORD"),
			Stop: func() {},
		}, nil
	}
	for _, program := range []string{"docker-registry", "htpasswd"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("%s is not installed", program)
		}
	}
	dir, err := os.MkdirTemp("", "tour-registry-")
	if err != nil {
		return nil, err
	}
	reg, err := startRegistry(ctx, dir)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return reg, nil
}

// startRegistry starts a registry with a password below dir, on a port of this machine's loopback that the system picks.
func startRegistry(ctx context.Context, dir string) (*Registry, error) {
	reg := &Registry{User: "conny", Password: rand.Text(), Private: true}
	hash := exec.CommandContext(ctx, "htpasswd", "-niB", reg.User)
	hash.Stdin = strings.NewReader(reg.Password) // not an argument, which all the machine could read
	users, err := hash.Output()
	if err != nil {
		return nil, fmt.Errorf("htpasswd: %w", err)
	}
	config := fmt.Sprintf("version: 0.1\nlog: {accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %q}}\n"+
		"http: {addr: \"127.0.0.1:0\", secret: %q}\nauth: {htpasswd: {realm: tour, path: %q}}\n",
		filepath.Join(dir, "data"), rand.Text(), filepath.Join(dir, "users"))
	err = errors.Join(os.WriteFile(filepath.Join(dir, "users"), users, 0o600), os.WriteFile(filepath.Join(dir, "config.yml"), []byte(config), 0o600))
	if err != nil {
		return nil, err
	}
	server := exec.CommandContext(ctx, "docker-registry", "serve", filepath.Join(dir, "config.yml"))
	server.Cancel = func() error { return server.Process.Signal(syscall.SIGTERM) }
	server.WaitDelay = 5 * time.Second
	log, err := server.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := server.Start(); err != nil {
		return nil, err
	}
	addresses := make(chan string)
	go readAddress(bufio.NewScanner(log), addresses)
	reg.Stop = func() {
		_ = server.Cancel()
		for range addresses { // till the log has been read to its end, which Wait wants
		}
		_ = server.Wait()
		_ = os.RemoveAll(dir)
	}
	var listening bool
	if reg.Address, listening = <-addresses; !listening {
		reg.Stop()
		return nil, errors.New("docker-registry did not start")
	}
	return reg, nil
}

var listens = regexp.MustCompile(`listening on ([0-9.]+:[0-9]+)`)

// readAddress reads the log to its end. It sends where the registry listens, and closes the channel.
func readAddress(log *bufio.Scanner, addresses chan<- string) {
	defer close(addresses)
	for log.Scan() {
		if found := listens.FindStringSubmatch(log.Text()); found != nil {
			addresses <- found[1]
		}
	}
}

// CannotReach says why an engine could not talk to the registry at all, if that is what the error is about.
func CannotReach(err error) string {
	switch text := err.Error(); {
	case strings.Contains(text, "connection refused"), strings.Contains(text, "no route to host"):
		return "it listens on this machine's loopback, and the engine has a network of its own"
	case strings.Contains(text, "server gave HTTP response to HTTPS client"):
		return "the engine wants TLS unless its registries.conf names the registry as insecure"
	}
	return ""
}
