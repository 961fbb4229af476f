package main

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

// access is a registry and what it asks for.
type access struct {
	address, user, password string
	private                 bool   // the tour has started it
	stop                    func() // ends one that the tour has started
}

// findRegistry takes the registry that the environment names, or starts one.
func findRegistry(ctx context.Context) (*access, error) {
	if address := os.Getenv("TOUR_REGISTRY"); address != "" {
		return &access{
			address: address, user: os.Getenv("TOUR_REGISTRY_USER"), password: os.Getenv("TOUR_REGISTRY_PASSWORD"),
			stop: func() {},
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
func startRegistry(ctx context.Context, dir string) (*access, error) {
	reg := &access{user: "conny", password: rand.Text(), private: true}
	hash := exec.CommandContext(ctx, "htpasswd", "-niB", reg.user)
	hash.Stdin = strings.NewReader(reg.password) // not an argument, which all the machine could read
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
	reg.stop = func() {
		_ = server.Cancel()
		for range addresses { // till the log has been read to its end, which Wait wants
		}
		_ = server.Wait()
		_ = os.RemoveAll(dir)
	}
	var listening bool
	if reg.address, listening = <-addresses; !listening {
		reg.stop()
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
