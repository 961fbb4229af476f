// The program by which a test gets at an engine's own loopback. Run in the engine's network namespace, it listens
// (socket listen ADDRESS) or dials (socket dial ADDRESS) and hands the socket on over the Unix socket that is its
// standard input: a socket stays in the namespace that it was made in, whoever holds it.
package main

import (
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1], os.Args[2]); err != nil {
		println(err.Error())
		os.Exit(1)
	}
}

func run(verb, address string) error {
	file, err := open(verb, address)
	if err != nil {
		return err
	}
	// One byte has to go with it.
	return syscall.Sendmsg(int(os.Stdin.Fd()), []byte{0}, syscall.UnixRights(int(file.Fd())), nil, 0)
}

func open(verb, address string) (*os.File, error) {
	switch verb {
	case "listen":
		listener, err := net.Listen("tcp", address)
		if err != nil {
			return nil, err
		}
		return listener.(*net.TCPListener).File()
	case "dial":
		conn, err := net.DialTimeout("tcp", address, 10*time.Second)
		if err != nil {
			return nil, err
		}
		return conn.(*net.TCPConn).File()
	}
	return nil, errors.New("what is " + verb + "?")
}
