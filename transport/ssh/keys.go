package ssh

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"slices"
	"strings"
	"sync"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/gantry-go/gantry/internal/userfile"
)

// keyring gathers the keys that one connection may be made with, and remembers why others are not among them.
type keyring struct {
	ctx      context.Context
	settings *settings
	options  *options

	signers []ssh.Signer
	late    []ssh.Signer // the same keys by other algorithms
	names   []string     // of the signers, for people
	skipped []string

	mu    sync.Mutex
	taken string // the name of the key that the server wanted a signature of last
}

// gather finds the keys. The agent's connection, nil if there is none, is to be closed when the server knows the user.
func gather(ctx context.Context, s *settings, o *options) (*keyring, io.Closer) {
	k := &keyring{ctx: ctx, settings: s, options: o}
	if s.noKeys {
		k.skipped = []string{"all keys, by PubkeyAuthentication no"}
		return k, nil
	}
	for _, signer := range o.signers {
		k.add(signer, "a given key")
	}
	conn, held := k.askAgent()
	certificates := k.certificates()
	for _, path := range s.identities {
		k.file(path, held, certificates)
	}
	if !s.identitiesOnly {
		for i, signer := range held {
			k.certified(signer, agentName(i, signer), certificates)
		}
	}
	k.signers = append(k.signers, k.late...)
	if conn == nil {
		return k, nil
	}
	return k, conn
}

// agentName is how people know a key of the agent's.
func agentName(i int, signer ssh.Signer) string {
	name := ssh.FingerprintSHA256(signer.PublicKey())
	if key, ok := signer.PublicKey().(*agent.Key); ok && key.Comment != "" {
		name = printable(key.Comment, 64)
	}
	return fmt.Sprintf("the agent's key %d (%s)", i+1, name)
}

// certified adds a key, with the certificates for it first.
func (k *keyring) certified(signer ssh.Signer, name string, certificates []*ssh.Certificate) {
	for _, cert := range certificates {
		if both, err := ssh.NewCertSigner(cert, signer); err == nil { // it fails where the key is another's
			k.add(both, name+" with a certificate")
		}
	}
	k.add(signer, name)
}

// add adds a key that is not there yet.
func (k *keyring) add(signer ssh.Signer, name string) {
	blob := signer.PublicKey().Marshal()
	for _, have := range k.signers {
		if bytes.Equal(have.PublicKey().Marshal(), blob) {
			return
		}
	}
	k.names = append(k.names, name)
	first, second := byAlgorithm(signer)
	k.signers = append(k.signers, &noting{first, k, name})
	if second != nil {
		k.late = append(k.late, &noting{second, k, name})
	}
}

// byAlgorithm makes two keys of an RSA key, which has several algorithms: OpenSSH announces all that it knows, whichever it
// takes, and the protocol's library offers a key by one of them. The second is nil for other keys.
func byAlgorithm(signer ssh.Signer) (first, second ssh.MultiAlgorithmSigner) {
	by, ok := signer.(ssh.AlgorithmSigner)
	if !ok {
		return single{signer}, nil
	}
	algorithms := []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
	if kind := signer.PublicKey().Type(); kind != ssh.KeyAlgoRSA && kind != ssh.CertAlgoRSAv01 {
		algorithms = []string{underlying(kind)}
	} else if several, ok := signer.(ssh.MultiAlgorithmSigner); ok {
		algorithms = slices.DeleteFunc(algorithms, func(a string) bool { return !slices.Contains(several.Algorithms(), a) })
	}
	if len(algorithms) < 2 || algorithms[0] != ssh.KeyAlgoRSASHA512 {
		return several{by, algorithms}, nil
	}
	return several{by, algorithms[:1]}, several{by, algorithms[1:]}
}

// underlying is the algorithm by which a key of a kind signs.
func underlying(kind string) string {
	base, _, cert := strings.Cut(kind, "-cert-v01")
	if cert && strings.HasSuffix(kind, "@openssh.com") && strings.HasPrefix(kind, "sk-") {
		return base + "@openssh.com"
	}
	return base
}

// several is a key that is offered by some algorithms.
type several struct {
	ssh.AlgorithmSigner
	algorithms []string
}

// Algorithms implements [ssh.MultiAlgorithmSigner].
func (s several) Algorithms() []string { return s.algorithms }

// single is a key that knows nothing of algorithms.
type single struct{ ssh.Signer }

// Algorithms implements [ssh.MultiAlgorithmSigner].
func (s single) Algorithms() []string { return []string{underlying(s.PublicKey().Type())} }

// SignWithAlgorithm implements [ssh.AlgorithmSigner].
func (s single) SignWithAlgorithm(rand io.Reader, data []byte, _ string) (*ssh.Signature, error) {
	return s.Sign(rand, data)
}

// noting is a key that notes that the server wanted a signature of it.
type noting struct {
	ssh.MultiAlgorithmSigner
	ring *keyring
	name string
}

// SignWithAlgorithm implements [ssh.AlgorithmSigner].
func (n *noting) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	signature, err := n.MultiAlgorithmSigner.SignWithAlgorithm(rand, data, algorithm)
	n.ring.mu.Lock()
	defer n.ring.mu.Unlock()
	if err == nil {
		n.ring.taken = n.name
	}
	return signature, err
}

// skip notes why a key is not used. Files that nobody named may be absent without a word.
func (k *keyring) skip(path string, err error) {
	if errors.Is(err, fs.ErrNotExist) && !k.settings.explicit {
		return
	}
	if failed, ok := errors.AsType[*fs.PathError](err); ok {
		err = failed.Err
	}
	k.skipped = append(k.skipped, path+": "+printable(err.Error(), 256))
}

// askAgent returns the agent's keys. An agent that does not answer is like none, but noted.
func (k *keyring) askAgent() (net.Conn, []ssh.Signer) {
	if k.settings.agent == "" {
		return nil, nil
	}
	conn, err := new(net.Dialer).DialContext(k.ctx, "unix", k.settings.agent)
	if err != nil {
		if failed, ok := errors.AsType[*net.OpError](err); ok {
			err = failed.Err
		}
		k.skip("agent "+k.settings.agent, err)
		return nil, nil
	}
	stop := context.AfterFunc(k.ctx, func() { _ = conn.Close() })
	signers, err := agent.NewClient(conn).Signers()
	if err != nil {
		stop()
		_ = conn.Close()
		k.skip("agent "+k.settings.agent, err)
		return nil, nil
	}
	return conn, signers // the caller closes the connection, or the context does
}

// certificates reads those of CertificateFile.
func (k *keyring) certificates() (all []*ssh.Certificate) {
	for _, path := range k.settings.certificates {
		cert, err := readCertificate(path)
		if err != nil {
			k.skip(path, err)
			continue
		}
		all = append(all, cert)
	}
	return all
}

func readCertificate(path string) (*ssh.Certificate, error) {
	key, err := readPublic(path)
	if err != nil {
		return nil, err
	}
	if cert, ok := key.(*ssh.Certificate); ok && cert.CertType == ssh.UserCert {
		return cert, nil
	}
	return nil, errors.New("is no user's certificate")
}

func readPublic(path string) (ssh.PublicKey, error) {
	text, err := userfile.Read(path)
	if err != nil {
		return nil, err
	}
	key, _, _, _, err := ssh.ParseAuthorizedKey(text) //nolint:dogsled // comment, options and rest say nothing here
	return key, err
}

// file adds the key of a file, with the certificates for it first.
func (k *keyring) file(path string, held []ssh.Signer, certificates []*ssh.Certificate) {
	signer, err := k.load(path, held)
	if err != nil {
		k.skip(path, err)
		return
	}
	if cert, err := readCertificate(path + "-cert.pub"); err == nil {
		certificates = append(slices.Clip(certificates), cert)
	}
	k.certified(signer, path, certificates)
}

// load returns the key of a file: by the agent if that has it, without a passphrase until a signature is needed.
func (k *keyring) load(path string, held []ssh.Signer) (ssh.Signer, error) {
	text, err := userfile.Read(path)
	if err != nil {
		// A public key alone is enough for one that the agent holds.
		if public, pubErr := readPublic(path + ".pub"); pubErr == nil {
			if signer := find(held, public); signer != nil {
				return signer, nil
			}
		}
		return nil, err
	}
	if public, _, _, _, err := ssh.ParseAuthorizedKey(text); err == nil { //nolint:dogsled // as above
		// IdentityFile may name a public key, whose private one only the agent has.
		if signer := find(held, public); signer != nil {
			return signer, nil
		}
		return nil, errors.New("is a public key, and the agent does not hold the private one")
	}
	if err := checkReaders(path); err != nil {
		return nil, err
	}
	signer, err := ssh.ParsePrivateKey(text)
	if err == nil {
		if inAgent := find(held, signer.PublicKey()); inAgent != nil {
			return inAgent, nil
		}
		return signer, nil
	}
	locked, ok := errors.AsType[*ssh.PassphraseMissingError](err)
	if !ok {
		return nil, errors.New("is no private key that is known here") // what the parser says may show its content
	}
	public := locked.PublicKey
	if public == nil {
		public, _ = readPublic(path + ".pub")
	}
	if public != nil {
		if inAgent := find(held, public); inAgent != nil {
			return inAgent, nil
		}
	}
	if k.options.passphrase == nil {
		return nil, errors.New("is encrypted: add it to the agent, or give the option ssh.WithPassphrases")
	}
	sealed := &sealedKey{ctx: k.ctx, path: path, text: text, public: public, ask: k.options.passphrase}
	if public == nil {
		return sealed.open()
	}
	return sealed, nil
}

func find(signers []ssh.Signer, public ssh.PublicKey) ssh.Signer {
	blob := public.Marshal()
	i := slices.IndexFunc(signers, func(s ssh.Signer) bool { return bytes.Equal(s.PublicKey().Marshal(), blob) })
	if i < 0 {
		return nil
	}
	return signers[i]
}

// sealedKey is an encrypted file's key, opened when a signature is needed.
type sealedKey struct {
	ctx    context.Context
	path   string
	text   []byte
	public ssh.PublicKey
	ask    PassphraseFunc
}

// PublicKey implements [ssh.Signer].
func (s *sealedKey) PublicKey() ssh.PublicKey { return s.public }

// Sign implements [ssh.Signer].
func (s *sealedKey) Sign(rand io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(rand, data, "")
}

// SignWithAlgorithm implements [ssh.AlgorithmSigner].
func (s *sealedKey) SignWithAlgorithm(rand io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	signer, err := s.open()
	if err != nil {
		return nil, err
	}
	if by, ok := signer.(ssh.AlgorithmSigner); ok {
		return by.SignWithAlgorithm(rand, data, algorithm)
	}
	return signer.Sign(rand, data)
}

// open asks for the passphrase. Its errors hold nothing of it.
func (s *sealedKey) open() (ssh.Signer, error) {
	passphrase, err := s.ask(s.ctx, s.path)
	if err != nil {
		return nil, fmt.Errorf("no passphrase for %s: %w", s.path, err)
	}
	defer clear(passphrase)
	signer, err := ssh.ParsePrivateKeyWithPassphrase(s.text, passphrase)
	switch {
	case errors.Is(err, x509.IncorrectPasswordError):
		return nil, fmt.Errorf("the passphrase for %s is wrong", s.path)
	case err != nil:
		return nil, fmt.Errorf("%s could not be decrypted", s.path)
	}
	return signer, nil
}

// tooMany is what OpenSSH says when it ends after as many keys as its MaxAuthTries.
const tooMany = "Too many authentication failures"

// told says which keys were there and which not, for the error of a server that wanted another.
func (k *keyring) told(said error) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	var text string
	switch names := strings.Join(k.names, ", "); {
	case len(k.names) == 0:
		text = "no key was there to try"
	case strings.Contains(said.Error(), tooMany):
		text = "it gave up before it was offered all keys, which are " + names +
			": name the right one by IdentityFile, with IdentitiesOnly"
	case k.taken != "":
		text = "it took " + k.taken + ", and wants more than a key (AuthenticationMethods)"
	default:
		text = "it takes none of " + names
	}
	if len(k.skipped) > 0 {
		text += "; not used: " + strings.Join(k.skipped, "; ")
	}
	return text
}
