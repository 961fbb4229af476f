// Package sshdtest starts real OpenSSH servers for tests, on Linux: each on a port of the loopback that the system picks,
// with a configuration, a host key and an authorised key of its own. They end with their test, touch no other server,
// and take root, as whom alone one logs in.
package sshdtest
