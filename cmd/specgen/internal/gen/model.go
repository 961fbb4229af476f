package gen

// Model is all that is generated for one version of one engine's API: the files, and in each what its template puts
// there. Templates see nothing else, and it can be read as JSON.
type Model struct {
	Engine  string  `json:"engine"`
	Version string  `json:"version"`
	Files   []*File `json:"files"`
	// Ignored are the members that engines send and that no type has, for who validates answers.
	Ignored []Ignored `json:"ignored,omitempty"`
}

// Ignored is one member that is left out on purpose.
type Ignored struct {
	Operation string `json:"operation"`
	Path      string `json:"path"`
	Reason    string `json:"reason"`
}

// File is one Go file.
type File struct {
	// Path is where it goes, below the root of the module, and Template what renders it.
	Path     string `json:"path"`
	Template string `json:"template"`
	Source   string `json:"source"`
	Package  string `json:"package"`
	// Doc is the package comment, in the one file of a package that has it.
	Doc []string `json:"doc,omitempty"`
	// Imports are the import paths in groups.
	Imports [][]string `json:"imports,omitempty"`
	// Version is the API version that a version file declares.
	Version   string     `json:"version,omitempty"`
	Operation *Operation `json:"operation,omitempty"`
	Types     []*Type    `json:"types,omitempty"`
}

// Operation is one method of a client.
type Operation struct {
	ID   string   `json:"id"`
	Name string   `json:"name"`
	Var  string   `json:"var"`
	Doc  []string `json:"doc"`

	Engine  string `json:"engine"`
	Version string `json:"version"`
	Method  string `json:"method"`
	Path    string `json:"path"`
	Slow    bool   `json:"slow,omitempty"`
	// NotModified says that a 304 is a success.
	NotModified bool `json:"notModified,omitempty"`
	// Others are the routes of other operations that an argument could make the path of.
	Others []Other `json:"others,omitempty"`

	// Args are the method's parameters behind ctx, and Params how they are written there; PathArgs are the names of
	// those that fill the path.
	Args     []Arg    `json:"args,omitempty"`
	Params   string   `json:"params,omitempty"`
	PathArgs []string `json:"pathArgs,omitempty"`
	// Sends are the required parameters that go into the query or the header.
	Sends []Send `json:"sends,omitempty"`
	// Parameters are all of them as they cross the wire, but for the body.
	Parameters []*Parameter `json:"parameters,omitempty"`
	Tag        string       `json:"tag,omitempty"`
	// Summary is our sentence about it, and URL where upstream's are.
	Summary string   `json:"summary,omitempty"`
	URL     string   `json:"url,omitempty"`
	Body    *Body    `json:"body,omitempty"`
	Options *Options `json:"options,omitempty"`
	Upgrade string   `json:"upgrade,omitempty"`
	Result  Result   `json:"result"`
	Framing *Framing `json:"framing,omitempty"`
	Lifetime
}

// Parameter is one parameter of an operation as it crosses the wire.
type Parameter struct {
	Wire     string `json:"wire"`
	In       string `json:"in"`
	Type     string `json:"type"`
	Required bool   `json:"required,omitempty"`
	// Send is how it is sent when not as it is: time, json, json-each.
	Send string `json:"send,omitempty"`
	// Unset is what is sent where the caller gives nothing.
	Unset string `json:"unset,omitempty"`
	// Anonymous says that it is a credential: without one, that of nobody is sent.
	Anonymous bool `json:"anonymous,omitempty"`
	// Added says that the overlay adds it: no specification has it.
	Added bool `json:"added,omitempty"`
	Lifetime
}

// Lifetime says which kept versions have something. An end is empty where it is the oldest or the newest of them.
type Lifetime struct {
	Since string `json:"since,omitempty"`
	Until string `json:"until,omitempty"`
}

// Arg is one parameter of a method.
type Arg struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

// Send is one call that puts a value into the request: req.Query("all", o.All).
type Send struct {
	Call string `json:"call"`
	Wire string `json:"wire"`
	From string `json:"from"`
}

// Body is how the request's body is set.
type Body struct {
	// Upload says that it is a stream of ContentType, not JSON; Optional that none may be sent.
	Upload      bool   `json:"upload,omitempty"`
	ContentType string `json:"contentType,omitempty"`
	Optional    bool   `json:"optional,omitempty"`
}

// Options is the struct of the optional parameters.
type Options struct {
	Name   string   `json:"name"`
	Doc    []string `json:"doc"`
	Fields []*Field `json:"fields"`
	Sends  []Send   `json:"sends,omitempty"`
	// Always says that something is sent for nil options as well.
	Always bool `json:"always,omitempty"`
}

// Result is how a method answers.
type Result struct {
	Kind string `json:"kind"`
	// Call is the generic of package transport, with its type argument; Returns what the method returns.
	Call    string `json:"call"`
	Returns string `json:"returns"`
	// Need are the members that each document must have, with their kinds, and Whole is the kind of a value that is
	// no struct, as a need.
	Need  []string `json:"need,omitempty"`
	Whole string   `json:"whole,omitempty"`
}

// Framing is how a log stream is taken apart.
type Framing struct {
	// Declared says that the answer's Content-Type tells, and Inspect is for engines that send none.
	Declared bool `json:"declared,omitempty"`
	// Inspect is the variable of the operation that knows whether there is a TTY, Member where its answer says so.
	Inspect string `json:"inspect,omitempty"`
	Member  string `json:"member,omitempty"`
	// Fields says, of what the options say, which fields they have: TTY, Timestamps, Details.
	Fields []string `json:"fields"`
}

// Kinds of types.
const (
	kindStruct = "struct"
	kindEnum   = "enum"
	kindNamed  = "named"
)

// Type is one declared type.
type Type struct {
	Name   string   `json:"name"`
	Kind   string   `json:"kind"`
	Doc    []string `json:"doc"`
	Type   string   `json:"type,omitempty"` // underlying, of an enum or a named type
	Fields []*Field `json:"fields,omitempty"`
	Values []Value  `json:"values,omitempty"`
	// Source is where the specification has it.
	Source string `json:"source"`
	Lifetime
}

// Field is one field of a struct.
type Field struct {
	Name string   `json:"name"`
	Type string   `json:"type"`
	Tag  string   `json:"tag,omitempty"`
	Wire string   `json:"wire,omitempty"`
	Doc  []string `json:"doc,omitempty"`
	// Pointer says that nil is how the field is absent.
	Pointer bool `json:"pointer,omitempty"`
	Lifetime
}

// Value is one constant of an enum.
type Value struct {
	Name  string `json:"name"`
	Value string `json:"value"` // as a Go literal
}
