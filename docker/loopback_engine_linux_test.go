package docker_test

import (
	"io"
	"os"
	"os/exec"
	"syscall"
)

// socket runs the program that makes a socket where the engine is, and takes over the socket.
func (l loopback) socket(verb, address string) (*os.File, error) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	ours, theirs := os.NewFile(uintptr(pair[0]), "ours"), os.NewFile(uintptr(pair[1]), "theirs")
	defer ours.Close()   //nolint:errcheck // it was only read
	defer theirs.Close() //nolint:errcheck // the program has its own
	args := []string{l.program, verb, address}
	if l.namespace != "" {
		args = append([]string{"nsenter", "--net=" + l.namespace}, args...)
	}
	command := exec.Command(args[0], args[1:]...) //nolint:noctx // it has a limit of its own
	command.Stdin, command.Stderr = theirs, os.Stderr
	if err := command.Run(); err != nil {
		return nil, err
	}
	rights := make([]byte, syscall.CmsgSpace(4))
	_, n, _, _, err := syscall.Recvmsg(pair[0], make([]byte, 1), rights, syscall.MSG_CMSG_CLOEXEC)
	if err != nil {
		return nil, err
	}
	messages, err := syscall.ParseSocketControlMessage(rights[:n])
	if err != nil {
		return nil, err
	}
	if len(messages) == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	sockets, err := syscall.ParseUnixRights(&messages[0])
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(sockets[0]), address), nil
}
