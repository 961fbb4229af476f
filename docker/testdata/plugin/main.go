// The program of the plugin that the tests make: it opens its socket, which is all that an engine waits for.
package main

import (
	"net"
	"os"
)

func main() {
	listener, err := net.Listen("unix", "/run/docker/plugins/gantry.sock")
	if err != nil {
		println(err.Error())
		os.Exit(1)
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		_ = conn.Close()
	}
}
