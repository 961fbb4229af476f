package ssh

import (
	"context"
	"net"

	"golang.org/x/crypto/ssh"

	"github.com/gantry-go/gantry/transport"
)

// Option changes how servers are reached. Without any, everything is as the ssh command would find it, as far as the
// package's documentation says.
type Option func(*options)

type options struct {
	config     *[]string
	knownHosts *[]string
	keyFiles   []string
	signers    []ssh.Signer
	agent      *string
	passphrase PassphraseFunc
	hostKeys   ssh.HostKeyCallback
	dial       DialFunc
	maxLinks   int  // 0 for no bound
	machine    bool // a server on the loopback is trusted
}

// Hosts makes a client take hosts of the form ssh://[user@]host[:port][/path]. A key file that comes with the host, as
// in podman's connections, is as if [WithKeyFiles] named it first.
func Hosts(opts ...Option) transport.Option {
	o := options{maxLinks: defaultLinks}
	for _, option := range opts {
		option(&o)
	}
	return transport.WithScheme("ssh", func(t transport.Target) (transport.Route, error) {
		a, err := parseAddress(t.Host)
		if err != nil {
			return nil, err
		}
		o := o
		o.machine = t.Machine
		if t.Identity != "" {
			o.keyFiles = append([]string{t.Identity}, o.keyFiles...)
		}
		return newRoute(a, t.Engine, o), nil
	})
}

// WithConfigFiles has these files read instead of ~/.ssh/config and the system's. They must be there. Without arguments no
// file is read.
func WithConfigFiles(paths ...string) Option { return func(o *options) { o.config = &paths } }

// WithKnownHosts has servers looked up in these files alone, whatever the configuration says. One that is not there is an
// empty one.
func WithKnownHosts(paths ...string) Option { return func(o *options) { o.knownHosts = &paths } }

// WithKeyFiles has these private keys tried before those of the configuration. They must be there. The usual files, such
// as ~/.ssh/id_ed25519, are not tried then.
func WithKeyFiles(paths ...string) Option {
	return func(o *options) { o.keyFiles = append(o.keyFiles, paths...) }
}

// WithSigners has these keys tried before all others. They are used concurrently.
func WithSigners(signers ...ssh.Signer) Option {
	return func(o *options) { o.signers = append(o.signers, signers...) }
}

// WithAgentSocket names the unix socket of the agent, instead of IdentityAgent and SSH_AUTH_SOCK. With "" no agent is asked.
func WithAgentSocket(path string) Option { return func(o *options) { o.agent = &path } }

// PassphraseFunc returns the passphrase of a private key file. It is asked when the server has accepted the key and a
// signature is needed, or earlier if the file tells its public key to nobody; the context ends with the connection
// that is being made. What it returns is kept nowhere.
type PassphraseFunc func(ctx context.Context, file string) ([]byte, error)

// WithPassphrases has encrypted key files opened with what ask returns. Without it they are used only through an agent
// that holds them.
func WithPassphrases(ask PassphraseFunc) Option { return func(o *options) { o.passphrase = ask } }

// WithHostKeyCallback has callback judge the server's key, and a jump host's, INSTEAD OF known_hosts: who accepts a key
// that it has not compared with one it knows gives what follows to whoever sits in between. The callback gets the name
// and port as ssh would look them up in known_hosts; its error is a [transport.ErrHostKey].
func WithHostKeyCallback(callback ssh.HostKeyCallback) Option {
	return func(o *options) { o.hostKeys = callback }
}

// WithMaxConnections bounds how many connections are made to a server that opens few streams on each; 8 unless set, 0 for no
// bound. OpenSSH opens ten (MaxSessions) where each takes a program, and any number where it forwards to a socket, for which one
// connection is enough. A call that finds no room waits until a stream ends, as long as its context and the dial timeout allow.
func WithMaxConnections(n int) Option { return func(o *options) { o.maxLinks = max(n, 0) } }

// DialFunc opens a connection to a server; address is its name and port.
type DialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// WithDialer has the connection to the server, or to the first jump host, opened by dial: through a proxy, or by what a
// ProxyCommand would have done, which is no longer refused then.
func WithDialer(dial DialFunc) Option { return func(o *options) { o.dial = dial } }
