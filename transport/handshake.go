package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"reflect"
	"sync/atomic"
	"time"
)

// handshake is what a TLS handshake leaves for the message of its failure. With TLS 1.3 the engine's verdict on our
// certificate comes after ours on the engine's, with the first bytes that it sends.
type handshake struct {
	note  string // about the certificate that the engine wanted
	stale error  // why the files' present content was not used

	answered atomic.Bool // the engine has sent something, so that the handshake is over for it too
}

// handshakeKey is under which a handshake's context holds it.
type handshakeKey struct{}

// presenter answers an engine that wants a certificate, which own may be.
func presenter(own *tls.Certificate) func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	return func(wanted *tls.CertificateRequestInfo) (*tls.Certificate, error) {
		h, _ := wanted.Context().Value(handshakeKey{}).(*handshake)
		if h == nil {
			h = new(handshake)
		}
		switch {
		case own == nil:
			h.note = "the engine wants a certificate, and there is none"
			return new(tls.Certificate), nil
		case !fits(wanted, own):
			h.note = "the certificate was not sent: it is of another authority, or of another kind, than the engine wants"
			return new(tls.Certificate), nil
		case time.Now().After(own.Leaf.NotAfter):
			h.note = "the certificate that was sent expired on " + own.Leaf.NotAfter.UTC().Format(time.DateOnly)
		}
		return own, nil
	}
}

// fits reports whether the engine can make use of a certificate.
func fits(wanted *tls.CertificateRequestInfo, own *tls.Certificate) bool {
	return wanted.SupportsCertificate(own) == nil
}

// explain adds what is known to the error that ended the handshake.
func (h *handshake) explain(err error) error {
	if h == nil {
		return err
	}
	if record, ok := errors.AsType[tls.RecordHeaderError](err); ok && string(record.RecordHeader[:]) == "HTTP/" {
		err = fmt.Errorf("%w (the engine speaks HTTP there, without TLS)", err)
	}
	if h.note != "" {
		err = fmt.Errorf("%w (%s)", err, h.note)
	}
	if h.stale != nil {
		err = fmt.Errorf("%w (the files have changed, but: %w)", err, h.stale)
	}
	return err
}

// dialTLS is dial with a handshake.
func (d *dialer) dialTLS(ctx context.Context, closed func()) (net.Conn, error) {
	raw, err := d.dial(ctx, closed)
	if err != nil {
		return nil, err
	}
	h := new(handshake)
	config, stale := d.tls()
	h.stale = stale
	conn := tls.Client(raw, config)
	ctx = context.WithValue(ctx, handshakeKey{}, h)
	ctx, cancel := within(ctx, d.config.tlsTimeout, "TLS handshake")
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, &dialPhase{ErrTLS, h.explain(dialCause(ctx, err))}
	}
	counted(conn).handshake = h
	return conn, nil
}

// verdict returns the alert by which the engine refused the handshake, or nil: from err, or from what the connection
// has read by now, where net/http reports another failure of it.
func (a *attempt) verdict(err error) error {
	conn := a.secure.Load()
	if conn == nil || a.reused.Load() {
		return nil
	}
	raw := counted(conn)
	if alert, ok := remoteAlert(err); ok && isVerdict(alert) {
		return raw.handshake.explain(err)
	}
	if !raw.isClosed() {
		return nil // a read would wait
	}
	_, err = conn.Read(make([]byte, 1)) // what ended TLS ends every later read too
	if alert, ok := remoteAlert(err); ok && isVerdict(alert) {
		return raw.handshake.explain(err)
	}
	return nil
}

// remoteAlert finds the alert by which the other end ended TLS. crypto/tls keeps its type of alerts to itself.
func remoteAlert(err error) (alert uint8, found bool) {
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" {
		return 0, false
	}
	if v := reflect.ValueOf(op.Err); v.IsValid() && v.Kind() == reflect.Uint8 {
		return uint8(v.Uint()), true
	}
	return 0, false
}

// isVerdict tells alerts about the handshake from those about what came after it (RFC 8446, section 6.2).
func isVerdict(alert uint8) bool {
	const handshakeFailure, accessDenied, certificateRequired = 40, 49, 116
	return alert >= handshakeFailure && alert <= accessDenied || alert == certificateRequired
}
