package catalog_test

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gantry-go/gantry/catalog"
	"github.com/gantry-go/gantry/transport/transporttest"
)

// documents are the kinds of answers that are made once the request is read.
var documents = []catalog.Kind{catalog.KindObject, catalog.KindList, catalog.KindValue, catalog.KindHeaders, catalog.KindNone}

// TestStreamsMayAnswerBeforeTheBody calls all operations of all versions that take a body, with one that is read while it is
// sent, on an engine that begins an answer which is a stream before it reads the body. The body arrives whole; and where
// the answer is a document, the engine is asked whether it takes the body.
func TestStreamsMayAnswerBeforeTheBody(t *testing.T) {
	const sent = "what is sent"
	type arrival struct {
		asked bool
		body  string
		err   error
	}
	arrived := make(chan arrival, 1)
	var isDocument atomic.Bool // of the operation that is called next
	fake := transporttest.New(t)
	fake.Handle("/{path...}", transporttest.Handler(func(w http.ResponseWriter, r *http.Request) {
		if !isDocument.Load() && r.Header.Get("Upgrade") == "" {
			w.(http.Flusher).Flush()
		}
		body, err := io.ReadAll(r.Body)
		arrived <- arrival{r.Header.Get("Expect") == "100-continue", string(body), err}
		if r.Header.Get("Upgrade") != "" {
			w.Header().Set("Upgrade", "tcp")
			w.WriteHeader(http.StatusSwitchingProtocols)
			return
		}
		_, _ = io.WriteString(w, "{}")
	}))
	called := map[catalog.Kind]int{}
	for _, engine := range catalog.Engines() {
		for _, number := range engine.Versions() {
			client := fake.Client(t)
			for op := range operations(engine.Version(number)) {
				if op.Body == nil {
					continue
				}
				isDocument.Store(slices.Contains(documents, op.Kind))
				result, err := op.Call(t.Context(), client, argsOf(op, io.MultiReader(strings.NewReader(sent))))
				if got, want := <-arrived, (arrival{isDocument.Load(), sent, nil}); got != want {
					t.Errorf("%s %s %s: %+v, want %+v", engine.Name(), number, op.ID, got, want)
				}
				if err == nil { // the answer is no document of the operation's, at times
					_ = result.Close()
				}
				called[op.Kind]++
			}
			_ = client.Close()
		}
	}
	t.Log(called)
	if called[catalog.KindSequence] < 32*3+24 || called[catalog.KindNone] < 56 || called[catalog.KindBytes] == 0 {
		t.Errorf("too few: %v", called)
	}
}

// argsOf are a body, if there is one, and what else an operation insists on.
func argsOf(op *catalog.Operation, body io.Reader) catalog.Args {
	args := catalog.Args{}
	if body != nil {
		args[catalog.BodyArg] = body
	}
	for _, p := range op.Params {
		switch {
		case !p.Required:
		case p.JSON:
			args[p.Name] = "[]"
		case p.Type == "bool" || strings.Contains(p.Type, "int"):
			args[p.Name] = "1"
		default:
			args[p.Name] = "x"
		}
	}
	return args
}
