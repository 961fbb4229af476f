package ssh

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// dialStdio is the program that connects its standard streams to the engine, as a command of the server's shell.
func (r *route) dialStdio() string {
	path := r.address.path
	if r.engine == "podman" {
		if path == "" {
			return "podman system dial-stdio"
		}
		return "podman --url " + quote("unix://"+path) + " system dial-stdio"
	}
	if path == "" {
		return "docker system dial-stdio"
	}
	return "docker --host " + quote("unix://"+path) + " system dial-stdio"
}

// remote is a program that runs on the server.
type remote struct {
	*stream
	command string

	mu     sync.Mutex
	stderr []byte
	ended  string // how it has ended, as far as the server said
	ok     bool
	said   chan struct{} // closed once all of stderr came
}

const maxStderr = 4 << 10

// run starts a program. Its stream begins to move with start.
func (l *link) run(ctx context.Context, command string) (*remote, error) {
	channel, requests, err := l.openChannel(ctx, "session", nil)
	if err != nil {
		return nil, err
	}
	p := &remote{command: command, said: make(chan struct{})}
	p.stream = newStream(l, channel, requests, p.inspect)
	p.verdict = p.outcome
	go p.listen(channel.Stderr())
	started, err := await(ctx, func() (bool, error) {
		return channel.SendRequest("exec", true, ssh.Marshal(struct{ Command string }{command}))
	}, func(bool, error) {})
	switch {
	case ctx.Err() != nil:
		err = context.Cause(ctx)
	case err != nil:
		err = &gone{l.lost()}
	case !started:
		err = &refusal{reason: ssh.Prohibited, message: "the server runs no commands"}
	}
	if err != nil {
		p.start()
		_ = p.Close()
		return nil, err
	}
	return p, nil
}

// inspect takes note of how the program has ended.
func (p *remote) inspect(r *ssh.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch r.Type {
	case "exit-status":
		var status struct{ Code uint32 }
		if ssh.Unmarshal(r.Payload, &status) == nil {
			p.ended, p.ok = fmt.Sprintf("status %d", status.Code), status.Code == 0
		}
	case "exit-signal":
		var signal struct {
			Name          string
			Core          bool
			Message, Lang string
		}
		if ssh.Unmarshal(r.Payload, &signal) == nil {
			p.ended = "signal " + printable(signal.Name, 32)
		}
	}
}

// listen keeps the beginning of what the program complains of.
func (p *remote) listen(stderr io.Reader) {
	defer close(p.said)
	buffer := make([]byte, 1024)
	for {
		n, err := stderr.Read(buffer)
		p.mu.Lock()
		p.stderr = append(p.stderr, buffer[:min(n, maxStderr-len(p.stderr))]...)
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// outcome waits for the end of a program whose output has ended, and returns nil if it was a good one.
func (p *remote) outcome() error {
	timer := time.NewTimer(linger) // a program may go on without output, but these do not
	defer timer.Stop()
	for _, event := range []<-chan struct{}{p.gone, p.said} {
		select {
		case <-event:
		case <-p.closed:
			return nil
		case <-timer.C:
			return nil
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ok {
		return nil
	}
	return p.complaint()
}

// complaint is the error of a program that ended badly.
func (p *remote) complaint() error {
	text := fmt.Sprintf("the server's command %q ended", p.command)
	if p.ended != "" {
		text += " with " + p.ended
	}
	if words := printable(string(p.stderr), maxStderr); words != "" {
		text += ": " + words
	}
	return errors.New(text)
}

// openCommand opens a stream through the program, and tries it.
func (l *link) openCommand(ctx context.Context) (net.Conn, error) {
	p, err := l.run(ctx, l.route.dialStdio())
	if err != nil {
		if _, isRefusal := errors.AsType[*refusal](err); isRefusal {
			err = fmt.Errorf("running %q: %w", l.route.dialStdio(), err)
		}
		return nil, err
	}
	p.start()
	stop := context.AfterFunc(ctx, func() { _ = p.Close() })
	err = p.ping()
	if !stop() {
		_ = p.Close()
		return nil, context.Cause(ctx)
	}
	if err != nil {
		if l.broken() {
			err = &gone{l.lost()}
		}
		_ = p.Close()
		return nil, err
	}
	return p, nil
}

// ping makes the first exchange on a stream: that the program runs does not mean that it has reached the engine, and
// only an answer tells.
func (p *remote) ping() error {
	if _, err := io.WriteString(p, "HEAD /_ping HTTP/1.1\r\nHost: localhost\r\nUser-Agent: gantry\r\n\r\n"); err != nil && !errors.Is(err, errEnded) {
		return err
	}
	limited := &io.LimitedReader{R: p, N: 64 << 10}
	answer := bufio.NewReader(limited)
	resp, err := http.ReadResponse(answer, &http.Request{Method: http.MethodHead})
	switch {
	case err == nil:
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return p.silent()
	case p.failure.Load() != nil:
		return *p.failure.Load()
	default:
		return fmt.Errorf("the server's command %q does not answer as an engine does: %s", p.command, printable(err.Error(), 256))
	}
	_ = resp.Body.Close()
	if resp.Close || answer.Buffered() > 0 {
		return fmt.Errorf("what the server's command %q has reached answers a ping with %s and keeps no connection",
			p.command, printable(resp.Status, 64))
	}
	return nil
}

// silent is the error of a program whose output ended before an answer.
func (p *remote) silent() error {
	if err := p.failure.Load(); err != nil {
		return *err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.complaint()
}
