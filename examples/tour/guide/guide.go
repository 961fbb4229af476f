// Package guide is what the tours of all engines have in common: how a tour goes and looks, the registry that it takes
// along, and the folder that it copies. It knows nothing of any engine.
package guide

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gantry-go/gantry/hijack"
	"github.com/gantry-go/gantry/transport"
)

// Tour is the tour of one engine.
type Tour interface {
	// Engine says in a line what the engine is.
	Engine() string
	// Arrive removes what an earlier tour has left behind, should it have been killed, and makes sure that the names
	// of what the tour makes are free. After an error nothing has been made.
	Arrive(ctx context.Context) error
	// Chapters are what is visited, in order. The first that fails ends the tour.
	Chapters() []Chapter
	// Leave removes what the tour has made.
	Leave(ctx context.Context) error
}

// Chapter is one thing that people do with an engine.
type Chapter struct {
	Title string
	Run   func(ctx context.Context) error
}

// Guide leads a tour and shows it on a [Page].
type Guide struct {
	*Page
	requests atomic.Int64
	missed   []string // what could not be shown, and why
}

// New returns a guide who shows the tour on a page.
func New(page *Page) *Guide { return &Guide{Page: page} }

// ErrInterrupted is what a tour ends with whose context has ended, and not what calls make of that.
var ErrInterrupted = errors.New("interrupted")

// Lead makes a tour, and cleans up, whatever happened. Once it cleans up it calls stop, so that a second interrupt can
// end the program at once.
func (g *Guide) Lead(ctx context.Context, stop func(), tour Tour) (err error) {
	begin := time.Now()
	g.title("gantry", ", a tour of one container engine by typed calls", tour.Engine())
	defer g.endBar()
	if err := tour.Arrive(ctx); err != nil {
		return err
	}
	defer func() {
		if ctx.Err() != nil {
			err = ErrInterrupted
		}
		stop()
		g.chapter("Leave nothing behind")
		cleaning, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		if err = errors.Join(err, tour.Leave(cleaning)); err == nil {
			g.sum(time.Since(begin))
		}
	}()
	return g.visit(ctx, tour.Chapters())
}

func (g *Guide) visit(ctx context.Context, chapters []Chapter) error {
	for _, c := range chapters {
		g.chapter(c.Title)
		begin, before := time.Now(), g.requests.Load()
		if err := c.Run(ctx); err != nil {
			return fmt.Errorf("%s: %w", strings.ToLower(c.Title[:1])+c.Title[1:], err)
		}
		g.foot("%s in %s", Count(g.requests.Load()-before, "request"), Took(time.Since(begin)))
	}
	return nil
}

// sum ends a tour that went well.
func (g *Guide) sum(total time.Duration) {
	text := fmt.Sprintf("%s, %s in %s: all is well", Count(g.chapters, "chapter"), Count(g.requests.Load(), "request"), Took(total))
	if len(g.missed) > 0 {
		text += ", save what this machine could not show:"
	}
	g.end(text, g.missed)
}

// Miss says that something cannot be shown here, now and in the end.
func (g *Guide) Miss(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	g.Note("%s", text)
	g.missed = append(g.missed, clean(text))
}

// Lacks shows an engine's refusal of what this machine cannot do, and tells of it in the end.
func (g *Guide) Lacks(what string, err error) {
	g.Note("not on this machine: %v", err)
	g.missed = append(g.missed, fmt.Sprintf("not on this machine: %s (chapter %d)", what, g.chapters))
}

// Watch returns an engine whose requests are counted. It is a [transport.Caller] around another, which is all that it
// takes to watch every call of every client.
func (g *Guide) Watch(engine transport.Caller) transport.Caller { return counter{engine, &g.requests} }

type counter struct {
	transport.Caller
	n *atomic.Int64
}

// Do implements [transport.Caller].
func (c counter) Do(ctx context.Context, r *transport.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.Caller.Do(ctx, r)
}

// Hijack implements [transport.Caller].
func (c counter) Hijack(ctx context.Context, r *transport.Request) (*hijack.Conn, error) {
	c.n.Add(1)
	return c.Caller.Hijack(ctx, r)
}

// Finishing returns the context for a call that makes something. It is let finish though the tour is interrupted:
// what the engine makes behind our back could not be removed.
func Finishing(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
}

// patience is how long a pull or a push may be silent.
const patience = 30 * time.Second

// Patiently returns the context for a transfer that ends when nothing has come of it for a while. Each word of it is told by
// heard; done ends it.
func Patiently(ctx context.Context) (patient context.Context, heard, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	silence := time.AfterFunc(patience, func() { cancel(fmt.Errorf("no word for %s", patience)) })
	return ctx, func() { silence.Reset(patience) }, func() { silence.Stop(); cancel(nil) }
}
