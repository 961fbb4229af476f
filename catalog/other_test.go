package catalog_test

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/url"
	"path"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/transport"
)

// hostile is how many arguments each operation gets. Where the race detector makes all slow, one that has the same path as in
// another version, among the same routes, gets a few alone.
const (
	hostile = 500
	again   = 10
)

// TestNoRequestIsAnotherOperations gives every operation of every version arguments that were made to lead elsewhere. A
// request that is not refused has the path of no other operation of its method, as far as that is up to the arguments;
// the catalog finds it by its path, and policies take it for what it is.
func TestNoRequestIsAnotherOperations(t *testing.T) {
	var requests, refused atomic.Int64
	var asked sync.Map
	t.Run("engines", func(t *testing.T) {
		for _, engine := range catalog.Engines() {
			policies := policiesOf(engine)
			for _, number := range engine.Versions() {
				t.Run(engine.Name()+" "+number, func(t *testing.T) {
					t.Parallel()
					p := &prober{t: t, engine: engine, version: engine.Version(number), policies: policies}
					if raceDetector() {
						p.asked = &asked
					}
					p.run()
					requests.Add(p.requests)
					refused.Add(p.refused)
				})
			}
		}
	})
	t.Logf("%d requests, %d of them refused", requests.Load(), refused.Load())
	if got, want := requests.Load(), int64(1_800_000); got < want && !raceDetector() || got < want/20 || refused.Load() < got/10 {
		t.Error("these are too few to tell")
	}
}

// raceDetector reports whether the test was built with it.
func raceDetector() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// policiesOf makes the policies of every operation of an engine, which are the same for all versions.
func policiesOf(engine *catalog.Engine) map[string][2]transport.Policy {
	out := map[string][2]transport.Policy{}
	for _, number := range engine.Versions() {
		for op := range operations(engine.Version(number)) {
			if _, made := out[op.ID]; !made {
				out[op.ID] = [2]transport.Policy{catalog.Allow(op.ID), catalog.Deny(op.ID)}
			}
		}
	}
	return out
}

func operations(v *catalog.Version) func(yield func(*catalog.Operation) bool) {
	return func(yield func(*catalog.Operation) bool) {
		for _, c := range v.Categories() {
			for _, op := range c.Operations {
				if !yield(op) {
					return
				}
			}
		}
	}
}

// prober asks about the operations of one version.
type prober struct {
	t                 *testing.T
	engine            *catalog.Engine
	version           *catalog.Version
	policies          map[string][2]transport.Policy
	asked             *sync.Map // what was asked in any version; nil asks all
	routes            []*probedRoute
	words             []string
	requests, refused int64
}

// probedRoute is an operation with its template, which its requests tell with the version, as a regular expression.
type probedRoute struct {
	op       *catalog.Operation
	wire     *transport.Operation
	template string // "/v4.3.1/libpod/images/{name...}"
	pattern  *regexp.Regexp
	head     string // what precedes the first argument
	tail     string // what follows the last one
	odd      string // with arguments that no other template names
	samples  []string
}

var (
	oneArgument = regexp.MustCompile(`\\\{\w+\\\}`)
	anyArgument = regexp.MustCompile(`\{[^}]*\}`)
	manyOfThem  = regexp.MustCompile(`\\\{\w+\\\.\\\.\\\.\\\}`)
)

func (p *prober) run() {
	words := map[string]bool{}
	for op := range operations(p.version) {
		r := &probedRoute{op: op, wire: p.wire(op)}
		r.template = r.wire.Path
		pattern := manyOfThem.ReplaceAllString(regexp.QuoteMeta(r.template), "(.+)")
		r.pattern = regexp.MustCompile("^" + oneArgument.ReplaceAllString(pattern, "([^/]+)") + "$")
		r.head, _, _ = strings.Cut(r.template, "{")
		r.tail = r.template[strings.LastIndex(r.template, "}")+1:]
		r.odd = anyArgument.ReplaceAllStringFunc(r.template, func(a string) string {
			if strings.HasSuffix(a, "...}") {
				return "\x01/\x01"
			}
			return "\x01"
		})
		for _, fill := range []string{"x", "a/b", op.Category, "json"} {
			r.samples = append(r.samples, anyArgument.ReplaceAllString(r.template, fill))
		}
		p.routes = append(p.routes, r)
		for word := range strings.SplitSeq(op.Path, "/") {
			words[word] = word != "" && !strings.HasPrefix(word, "{")
		}
	}
	for word, literal := range words {
		if literal {
			p.words = append(p.words, word)
		}
	}
	slices.Sort(p.words)
	for _, r := range p.routes {
		if strings.Contains(r.template, "{") {
			p.probe(r)
		}
	}
}

// wire is what the operation's requests are made of.
func (p *prober) wire(op *catalog.Operation) *transport.Operation {
	args := catalog.Args{}
	for _, a := range op.Params {
		if a.Required {
			args[a.Name] = example(a)
		}
	}
	if op.Body != nil && op.Body.Required {
		args[catalog.BodyArg] = "{}"
	}
	r, err := op.Request(args)
	if err == nil {
		return r.Operation()
	}
	if !refusedAlways(op) {
		p.t.Fatal(err)
	}
	return &transport.Operation{
		Engine: op.Engine, Version: op.Version, Name: op.ID, Method: op.Method, Slow: true, Others: op.Others,
		Path: "/v4.0.3/libpod/manifests/{name...}/registry/{destination...}",
	}
}

// refusedAlways is about the one operation that its engine never runs: see specgen's overlay.
func refusedAlways(op *catalog.Operation) bool {
	return op.Version == "4.0" && op.ID == "ManifestPushLibpod"
}

func (p *prober) probe(r *probedRoute) {
	// A route that all paths of the operation are of is no rival: engines ask the one that says more first.
	rivals := slices.DeleteFunc(slices.Clone(p.routes), func(o *probedRoute) bool {
		return o == r || o.op.Method != r.op.Method || o.pattern.MatchString(r.odd)
	})
	allow, deny := transport.Allow(r.op.ID), transport.Deny(r.op.ID)
	places := strings.Count(r.template, "{")
	count := hostile
	if p.askedBefore(r, rivals) {
		count = again
	}
	pool := p.arguments(r, count)
	for i, arg := range pool {
		args := []string{arg}
		for len(args) < places {
			args = append(args, pool[(i*7+len(args))%len(pool)])
		}
		request := r.wire.Request(args...)
		p.requests++
		if err := request.Err(); err != nil {
			if !errors.Is(err, transport.ErrInvalidInput) {
				p.t.Errorf("%s %q: %v", r.op.ID, args, err)
			}
			p.refused++
			continue
		}
		if refusedAlways(r.op) {
			p.t.Errorf("%s %q is not refused", r.op.ID, args)
		}
		p.check(r, rivals, request, args)
		if allow(request) != nil || deny(request) == nil {
			p.t.Errorf("%s %q: policies by name do not know it", r.op.ID, args)
		}
	}
}

// askedBefore reports whether the same was asked in another version, where the version in the paths alone differs.
func (p *prober) askedBefore(r *probedRoute, rivals []*probedRoute) bool {
	if p.asked == nil {
		return false
	}
	question := fmt.Sprint(p.engine.Name(), r.op.Method, r.op.Path, r.op.Others)
	for _, rival := range rivals {
		if own, theirs := category(r.op.Path), category(rival.op.Path); own == theirs {
			question += " " + rival.op.Path
		}
	}
	_, before := p.asked.LoadOrStore(question, true)
	return before
}

// category is what no argument changes about a path: /libpod/images of /libpod/images/{name}/json.
func category(path string) string {
	head, _, _ := strings.Cut(strings.TrimPrefix(path, "/libpod"), "/{")
	head, _, _ = strings.Cut(head[1:], "/")
	return head
}

// check holds a request that will be sent to its own operation.
func (p *prober) check(r *probedRoute, rivals []*probedRoute, request *transport.Request, args []string) {
	sent := request.Path()
	decoded, err := url.PathUnescape(sent)
	if err != nil {
		p.t.Fatal(err)
	}
	forms := []string{sent, decoded}
	// What a proxy makes of it that undoes escapes. It makes several segments of a name that holds an escaped slash.
	twice, err := url.PathUnescape(decoded)
	if err == nil && (strings.Contains(r.template, "...}") || strings.Count(twice, "/") == strings.Count(decoded, "/")) {
		forms = append(forms, path.Clean(twice))
	}
	for _, rival := range rivals {
		for _, form := range forms {
			if strings.HasPrefix(form, rival.head) && strings.HasSuffix(form, rival.tail) && rival.pattern.MatchString(form) {
				p.t.Errorf("%s %q: %s is of %s too (%s)", r.op.ID, args, form, rival.op.ID, rival.template)
			}
		}
	}
	if got := r.pattern.FindStringSubmatch(decoded); got == nil || !slices.Equal(got[1:], args) {
		p.t.Errorf("%s %q: the engine reads %q", r.op.ID, args, got)
	}
	if got, _ := p.version.Lookup(r.op.Method, sent); got != r.op {
		p.t.Errorf("%s %q: the catalog takes %s for another operation", r.op.ID, args, sent)
	}
	policies := p.policies[r.op.ID]
	if err := policies[0](request); err != nil {
		p.t.Errorf("%s %q: the catalog's policy does not allow it: %v", r.op.ID, args, err)
	}
	if policies[1](request) == nil {
		p.t.Errorf("%s %q: the catalog's policy does not deny it", r.op.ID, args)
	}
}

// nasty are arguments that have nothing to do with routes.
var nasty = []string{
	"", " ", ".", "..", "...", "/", "//", "a//b", "a/", "/a", "a/../b", "../images/x", "%2e%2e", "%2E", "a%2F..%2Fb", "..%2f..", "%2f", "%00",
	"a\x00b", "a\nb", "a\r\nHost: b", "\xff", "a\u2215b", "a\uff0fb", "日本", "é", "a?b", "a#b", "a?force=1#", "a;b", "a&b=c", "a+b", "a%", "%zz",
	"a%25", "%252F", "a b", "a\\b", `a"b`, "{name}", "{name...}", "*", "~", "-", "_", ":", "@", "sha256:00", "host:5000/a/b:c@sha256:00", "v1.41",
}

// arguments makes the arguments for an operation: those that aim at each route of its method, the words of all routes by
// themselves, what is nasty, and these joined by what may divide a path.
func (p *prober) arguments(r *probedRoute, count int) []string {
	seen := map[string]bool{}
	var out []string
	add := func(arg string) {
		if !seen[arg] && len(out) < count {
			seen[arg] = true
			out = append(out, arg)
		}
	}
	hash := fnv.New64a()
	fmt.Fprint(hash, r.op.Engine, r.op.Version, r.op.ID)
	random := rand.New(rand.NewPCG(hash.Sum64(), 0)) //nolint:gosec // the same in every run
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	for _, rival := range p.routes {
		if len(out) == count {
			break
		}
		if rival.op.Method != r.op.Method || !strings.HasPrefix(rival.template, r.head) {
			continue
		}
		for _, sample := range rival.samples {
			for _, aimed := range p.aim(r, sample) {
				add(aimed)
				add(strings.ReplaceAll(aimed, "/", "%2F"))
				if aimed != "" {
					i := random.IntN(len(aimed))
					add(aimed[:i] + fmt.Sprintf("%%%02x", aimed[i]) + aimed[i+1:])
				}
			}
		}
	}
	for _, arg := range slices.Concat(p.words, nasty) {
		add(arg)
	}
	for len(out) < count {
		parts := []string{}
		for range 1 + random.IntN(5) {
			parts = append(parts, pick(p.words))
			if random.IntN(4) == 0 {
				parts[len(parts)-1] = pick(nasty)
			}
		}
		arg := strings.Join(parts, pick([]string{"/", "/", "/", "%2F", "%2f", "//", ":", "/./", "/../", "?", "-"}))
		if random.IntN(8) == 0 {
			arg = strings.ToUpper(arg)
		}
		add(arg)
	}
	return out
}

// aim returns the arguments of r for which its path would be the one that is given, or near it.
func (p *prober) aim(r *probedRoute, target string) []string {
	rest := strings.TrimPrefix(target, r.head)
	out := []string{rest, strings.TrimSuffix(rest, r.tail)}
	for part := range strings.SplitSeq(rest, "/") {
		out = append(out, part)
	}
	return out
}
