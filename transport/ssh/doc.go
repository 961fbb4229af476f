// Package ssh reaches engines on other machines: hosts of the form
//
//	ssh://[user@]host[:port][/path/of/the/socket]
//
// It is linked by programs that import it, and becomes part of a client by its option:
//
//	engine, err := docker.Open(ctx, ssh.Hosts()) // DOCKER_HOST=ssh://root@build1
//
// No program is run on this side: the protocol is spoken in process, by golang.org/x/crypto/ssh. A client opens one
// connection to the server, on the first call, and every call, stream and upgrade is a channel of it. When it breaks,
// what was under way fails, and the next call connects anew. Closing the client closes it.
//
// # The engine on the server
//
// A path in the URL is the engine's socket. Without one, the engine is reached that the user has chosen on the server, as the
// docker and podman commands would: the program there is asked once, by `docker context inspect`, which knows DOCKER_HOST and
// contexts, or by `podman info`. The engine of the whole system, at /var/run/docker.sock, or for root at
// /run/podman/podman.sock, is used only where the server runs no such program.
//
// The server is asked to forward to the socket (direct-streamlocal@openssh.com). Where it refuses, or the engine has no socket
// there, the program is run for each stream: `docker system dial-stdio`, or `podman system dial-stdio`, with --host or --url if
// the URL has a path. Each of these streams is first tried by a ping, so that a dial that succeeds has reached the engine.
// What is found out about a server holds until no connection to it is left.
//
// OpenSSH runs ten programs on a connection (MaxSessions). For more, more connections are made, at most eight unless
// [WithMaxConnections] says otherwise; then a call waits until a stream ends, for as long as its context and the dial timeout
// allow.
//
// # The server's identity
//
// A server must be in known_hosts: by its key, or by a certificate of an authority there. Names may be hashed, and have
// ports. What is not there, has another key there, or is revoked there is refused with a [HostKeyError], which is a
// [transport.ErrHostKey] and holds what is needed to add the key. StrictHostKeyChecking is not read: nothing is ever
// added or let pass. A line or a file that cannot be read is passed by, and named in the error of a server that is unknown;
// a line that revokes counts however little of it can be read. A name with a port is looked up without it, too, as ssh does.
// [WithHostKeyCallback] alone replaces known_hosts.
//
// One server needs no known key: Podman's own virtual machine, which has a new one whenever it is made anew. Where the connection
// says that it is one ([transport.WithMachine]), and the URL leads to the loopback, its key is taken as it is, as podman does.
//
// # The user's identity
//
// Keys are tried in this order: those of [WithSigners]; the files of [WithKeyFiles] and of IdentityFile, or else
// ~/.ssh/id_ed25519, id_ecdsa and id_rsa; the rest of what the agent holds (not with IdentitiesOnly). A file's key that
// the agent holds too is used through the agent, so that its passphrase is not needed. A certificate is used where there
// is one beside the key (id_ed25519-cert.pub) or in CertificateFile. The agent is at IdentityAgent or SSH_AUTH_SOCK; it
// is spoken to over a unix socket. Passwords are taken nowhere, least of all in the URL.
//
// # Configuration
//
// ~/.ssh/config and then /etc/ssh/ssh_config (on Windows ssh_config of %ProgramData%\ssh) are read for each
// connection, and of them: Host, Match (all, host, originalhost, user, localuser, final), Include, HostName, User, Port,
// IdentityFile, IdentitiesOnly, IdentityAgent, CertificateFile, UserKnownHostsFile, GlobalKnownHostsFile, HostKeyAlias,
// ProxyJump, PubkeyAuthentication, ConnectTimeout, ServerAliveInterval and ServerAliveCountMax. A Match of anything else,
// exec among them, never applies. ProxyCommand and RevokedHostKeys are refused rather than ignored; [WithDialer] stands in for
// the former. What the URL says comes first. Other words are of no concern here and not read.
//
// What ssh refuses for its owner or mode is refused here: settings that another user may write, and private keys of the user's
// that others may read.
package ssh
