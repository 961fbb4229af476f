// Package proxy reaches an engine through an HTTP proxy or SOCKS, by an option of [transport.New], docker.Open and
// podman.Open:
//
//	engine, err := docker.Open(ctx, proxy.Through("http://user:password@proxy.example:3128"))
//
// A proxy is never taken from the environment. It carries every connection alike, plain calls, streams and upgrades,
// with their half-close. Engines on unix sockets, and those reached by a scheme or a dialer of their own, as over
// ssh, are never asked for through it. TLS with the engine is spoken through the proxy, which sees nothing of it.
//
// A proxy has to pass on the end of one direction without ending the other, as the protocol of attach and exec needs it.
// Some do not, tinyproxy among them: what such a container writes after CloseWrite is cut off, unless the engine is
// spoken to in TLS, which says the end in a message of its own.
//
// The password is part of no error and of nothing that is printed.
package proxy
