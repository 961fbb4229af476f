// Package catalog knows the operations of every generated API version as data, for programs that do not know at
// build time what they will call: consoles, proxies, policies, explorers.
//
//	api := catalog.Docker("1.41")
//	for _, c := range api.Categories() { ... }             // containers, images, ...
//	op, found := api.Lookup("GET", "/v1.41/containers/conny/json")
//	result, err := api.Operation("ContainerList").Call(ctx, engine, catalog.Args{"all": true})
//
// It is not the way to call what is known: the generated packages are typed, and say the same in fewer words. Their
// types serve here too, by [Operation.Request] and the generics of package transport:
//
//	req, err := op.Request(catalog.Args{"all": true})
//	list, err := transport.List[v141.ContainerSummary](ctx, engine, req)
//
// [Allow] and [Deny] are policies that go by what is sent, whatever it calls itself.
//
// The facts are generated and linked only by who imports this package; they are decoded when an engine is first asked
// for. All of it is shared and safe for concurrent use: what is returned is to be read, not changed.
package catalog
