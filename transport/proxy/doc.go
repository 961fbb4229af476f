// Package proxy reaches an engine through an HTTP proxy or SOCKS, by an option of [transport.New], docker.Open and
// podman.Open:
//
//	engine, err := docker.Open(ctx, proxy.Through("http://user:password@proxy.example:3128"))
//
// A proxy is never taken from the environment. It carries every connection alike, plain calls, streams and upgrades.
// Engines on unix sockets, and those reached by a scheme or a dialer of their own, as over ssh, are never asked for through
// it. TLS with the engine is spoken through the proxy, which sees nothing of it.
//
// Most proxies end both directions of a connection when one has ended: what a container writes after CloseWrite would be cut off
// without a word. So CloseWrite of an upgraded connection, to an engine in plain text, is a [transport.ErrUnsupported], unless
// [WithHalfClose] says that this proxy passes it on. In TLS with the engine CloseWrite is a message that every proxy carries.
//
// The password is part of no error and of nothing that is printed.
package proxy
