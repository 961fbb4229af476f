package libpodtour

import "testing"

// TestVerifyTLS holds that a password goes to no other machine's registry without TLS.
func TestVerifyTLS(t *testing.T) {
	for address, insecure := range map[string]bool{
		"127.0.0.1:5000":        true,
		"127.1.2.3":             true,
		"[::1]:5000":            true,
		"localhost:5000":        true,
		"registry.test":         false,
		"registry.test:5000":    false,
		"10.0.0.1:5000":         false,
		"localhost.evil.test":   false,
		"127.0.0.1.evil.test:1": false,
	} {
		verify := verifyTLS(address)
		if (verify != nil) != insecure || verify != nil && *verify {
			t.Errorf("%s: %v", address, verify)
		}
	}
}
