package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gantry-go/gantry/hijack"
)

// copyInput brings the input to the process, and tells it of the end. Wait does not wait for it: a read of the
// caller's reader may never return.
func (r *run) copyInput(c *Cmd) {
	defer r.recovered()
	if p, ok := c.Stdin.(*pipe); ok {
		defer p.closeRead() // who writes to a process that has ended is told
	}
	in := &input{src: c.Stdin}
	if r.tty {
		in.keys, _ = parseKeys(c.DetachKeys)
	}
	_, err := r.conn.ReadFrom(in)
	switch {
	case in.detached:
		r.detach()
		return
	case in.err != nil:
		r.mu.Lock()
		r.inErr = in.err
		r.mu.Unlock()
	case err != nil:
		return // the process has ended, or the connection has: the output tells which
	}
	if r.tty {
		err = r.typeEnd(in.last)
	} else {
		err = r.conn.CloseWrite()
	}
	if errors.Is(err, hijack.ErrUnsupported) {
		r.fail(fmt.Errorf("the end of Stdin cannot be told: %w", err))
	}
}

// typeEnd types what ends the input of a terminal. Engines take the end of the connection's input for that of the
// connection where there is a TTY, and drop the output. In the middle of a line the first one only hands over the line.
func (r *run) typeEnd(last byte) error {
	const endOfTransmission = 4 // Ctrl-D
	keys := []byte{endOfTransmission, endOfTransmission}
	if last == '\n' || last == '\r' || last == 0 {
		keys = keys[:1]
	}
	_, err := r.conn.Write(keys)
	return err
}

// input reads the caller's reader: it keeps its error apart from the connection's, and looks for the keys that detach.
type input struct {
	src  io.Reader
	keys []byte // none: nil

	held     int // how many of the keys came last, and are held back
	pending  []byte
	last     byte // of what was handed on
	detached bool
	err      error // of src, but io.EOF
	over     error // of src, to be given when pending is empty
}

// Read gives io.EOF also when the keys have come, or src has failed: detached and err tell.
func (in *input) Read(p []byte) (n int, err error) {
	for n == 0 && err == nil {
		if len(in.pending) > 0 {
			n = copy(p, in.pending)
			in.pending = in.pending[n:]
			break
		}
		if in.over != nil {
			return 0, io.EOF
		}
		n, in.over = in.src.Read(p)
		if n < 0 || n > len(p) {
			n, in.over = 0, errors.New("reader returned an impossible count")
		}
		if in.over != nil && in.over != io.EOF { //nolint:errorlint // io.Reader's contract
			in.err = in.over
		}
		if n == 0 && in.over == nil {
			return 0, nil // the caller counts those
		}
		if len(in.keys) > 0 {
			in.pending = in.filter(p[:n])
			if in.over != nil && !in.detached { // the rest of the keys does not come
				in.pending = append(in.pending, in.keys[:in.held]...)
				in.held = 0
			}
			n = 0
		}
	}
	if n > 0 {
		in.last = p[n-1]
	}
	return n, err
}

// filter returns what of p is to be handed on. It holds back what may be the beginning of the keys.
func (in *input) filter(p []byte) []byte {
	out := make([]byte, 0, len(p)+in.held)
	for _, b := range p {
		for in.held > 0 && in.keys[in.held] != b {
			// The longest beginning of the keys that ends what is held.
			next := in.held - 1
			for next > 0 && !bytes.Equal(in.keys[:next], in.keys[in.held-next:in.held]) {
				next--
			}
			out = append(out, in.keys[:in.held-next]...)
			in.held = next
		}
		if in.keys[in.held] != b {
			out = append(out, b)
			continue
		}
		if in.held++; in.held == len(in.keys) {
			in.detached, in.over, in.held = true, io.EOF, 0
			return out
		}
	}
	return out
}

// noKeys switches the engine's own keys off: it would look for ctrl-p,ctrl-q where none are given. No person types this.
var noKeys = strings.TrimSuffix(strings.Repeat("ctrl-@,", 8), ",")

// parseKeys reads keys as `docker attach --detach-keys` does: characters, and ctrl- with one of a-z @ [ \ ] ^ _.
func parseKeys(s string) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	var keys []byte
	for key := range strings.SplitSeq(s, ",") {
		control, found := strings.CutPrefix(strings.ToLower(key), "ctrl-")
		switch {
		case found && len(control) == 1 && control[0] >= 'a' && control[0] <= 'z':
			keys = append(keys, control[0]-'a'+1)
		case found && len(control) == 1 && strings.Contains(`@[\]^_`, control):
			keys = append(keys, control[0]-'@')
		case len(key) == 1:
			keys = append(keys, key[0])
		default:
			return nil, fmt.Errorf("%q is no key: one is a character, or ctrl- and one", printable(key))
		}
	}
	return keys, nil
}
