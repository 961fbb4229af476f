package catalog

import "github.com/gantry-go/gantry/transport"

// Operation is one operation of one API version. Its fields are shared: read them.
type Operation struct {
	// Engine and Version say whose it is: "docker", "1.41".
	Engine  string `json:"engine"`
	Version string `json:"version"`
	// ID is what the specification calls it, "ContainerCreate".
	ID string `json:"id"`
	// Category and Name are the generated package and its client's method: "containers", "Create".
	Category string `json:"category"`
	Name     string `json:"name"`
	// Method and Path are the HTTP method and the path's template without the version, "/containers/{id}/json".
	Method string `json:"method"`
	Path   string `json:"path"`
	// Summary says what it does.
	Summary string `json:"summary,omitempty"`
	// URL is the address of upstream's documentation.
	URL string `json:"url,omitempty"`
	// Params are its parameters but for the body.
	Params []Param `json:"params,omitempty"`
	// Body is the request's body, nil where it takes none.
	Body *Body `json:"body,omitempty"`
	// Others are the routes of other operations that an argument could make the path of; a request of which it does is
	// refused. Arguments in braces that end in three dots may hold slashes. See [transport.Other].
	Others []transport.Other `json:"others,omitempty"`
	// Kind is how it answers, and Answer the generated type of an answer or of one of its elements.
	Kind   Kind   `json:"kind"`
	Answer string `json:"answer,omitempty"`
	// Since and Until are the first and the last version that have it; empty where that is the oldest or the newest
	// of the catalog.
	Since string `json:"since,omitempty"`
	Until string `json:"until,omitempty"`

	wire    transport.Operation
	record  *record
	version *Version
	err     error
}

// Err says that the catalog does not have the operation, or is nil.
func (op *Operation) Err() error { return op.err }

// Param returns a parameter by its name, or nil.
func (op *Operation) Param(name string) *Param {
	for i := range op.Params {
		if op.Params[i].Name == name {
			return &op.Params[i]
		}
	}
	return nil
}

// Param is one parameter of an operation as it crosses the wire.
type Param struct {
	// Name is its name on the wire, and In its place: "path", "query", "header".
	Name string `json:"name"`
	In   string `json:"in"`
	// Type is the Go type of its value: "string", "bool", "int", "int64", "uint64", "[]string", "time.Time"; "secret"
	// for a credential; and of one sent as JSON, the type in the generated package.
	Type string `json:"type"`
	// Values are those that the specification names; others may do.
	Values []string `json:"values,omitempty"`
	// Required says that a call without it is refused. A credential that engines insist on is not: without one,
	// that of nobody is sent.
	Required  bool `json:"required,omitempty"`
	Anonymous bool `json:"anonymous,omitempty"`
	// Unset is what is sent where there is no argument, for engines that do harm without the parameter.
	Unset string `json:"unset,omitempty"`
	// JSON says that its value is sent as a JSON document, Each that it is a list of which each element is sent as one,
	// Time that it is sent as seconds since 1970.
	JSON bool `json:"json,omitempty"`
	Each bool `json:"each,omitempty"`
	Time bool `json:"time,omitempty"`
	// Since and Until are the first and the last version that have it, where those are not the operation's.
	Since string `json:"since,omitempty"`
	Until string `json:"until,omitempty"`
}

// Body is the body of an operation's requests.
type Body struct {
	// MediaType is what it is: "application/json", or a stream such as "application/x-tar".
	MediaType string `json:"mediaType"`
	// Type is its type in the generated package, where it is JSON.
	Type string `json:"type,omitempty"`
	// Required says that a call without it is refused.
	Required bool `json:"required,omitempty"`
}

// json reports whether the body is a JSON document.
func (b *Body) json() bool { return b.MediaType == mediaJSON }

const mediaJSON = "application/json"

// Kind is how an operation answers.
type Kind string

// The kinds of answers, and the field of [Result] that has them.
const (
	KindObject   Kind = "object"   // Document: a JSON object
	KindList     Kind = "list"     // Document: a JSON array
	KindValue    Kind = "value"    // Document: any JSON value
	KindHeaders  Kind = "headers"  // Document: an object of what the answer's header says
	KindNone     Kind = "none"     // nothing
	KindBytes    Kind = "bytes"    // Stream
	KindSequence Kind = "sequence" // Messages
	KindLate     Kind = "late"     // Pending
	KindFramed   Kind = "framed"   // Logs
	KindUpgrade  Kind = "upgrade"  // Conn
)
