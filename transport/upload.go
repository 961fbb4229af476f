package transport

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// upload is a body that is read while it is sent. The caller's reader belongs to it until it is stopped: no Read begins
// after that.
//
// Three facts about net/http decide how: the error of a request is that of its body's Read, whatever came first, unless that
// is io.EOF; a connection that fails to be written to is closed, with the answer that is there to be read; and a body is
// sent on after an answer's head, whatever its status. TestRefusedUploadsDeliverTheRefusal, TestEngineGoneDuringAnUpload
// and TestRefusedStreamsLeaveTheSource would notice a change.
type upload struct {
	source io.Reader
	file   bool // net/http reads and closes it itself, so that the kernel may send it

	n        atomic.Int64          // bytes read
	failed   atomic.Pointer[error] // why the source could not be read
	answered atomic.Bool           // the answer's head is here
	refused  atomic.Bool           // it says no
	dead     atomic.Bool           // what is written from now on goes nowhere
	stopped  chan struct{}         // closed by stop
	stop     func()                // ends the reading, and closes the source where that can be closed
}

var errStopped = errors.New("the upload was stopped")

func newUpload(source io.Reader) *upload {
	u := &upload{source: source, stopped: make(chan struct{})}
	u.stop = sync.OnceFunc(func() {
		close(u.stopped)
		if c, ok := u.source.(io.Closer); ok && !u.file {
			_ = c.Close()
		}
	})
	return u
}

// Read implements [io.Reader]. After a refusal it waits for the end of the call: an error would have net/http close the
// connection before the refusal is read.
func (u *upload) Read(p []byte) (int, error) {
	if u.refused.Load() {
		<-u.stopped
	}
	if u.isStopped() {
		return 0, u.stopError()
	}
	n, err := u.source.Read(p)
	u.n.Add(int64(n))
	switch {
	case err == nil || err == io.EOF:
		return n, err
	case u.isStopped(): // it tells of being closed
		return n, u.stopError()
	}
	u.failed.CompareAndSwap(nil, &err)
	return n, err
}

// Close implements [io.Closer]. net/http calls it once it needs no more of the body.
func (u *upload) Close() error {
	u.stop()
	return nil
}

func (u *upload) isStopped() bool {
	select {
	case <-u.stopped:
		return true
	default:
		return false
	}
}

// stopError is what a stopped Read returns. Where nothing can be written any more it is io.EOF: no engine can take that
// for the end of the body, and net/http then tells why the connection was closed.
func (u *upload) stopError() error {
	if u.dead.Load() {
		return io.EOF
	}
	return errStopped
}

// sourceError returns why the source could not be read, if that is what err, of the request, comes from.
func (u *upload) sourceError(err error) error {
	if u == nil {
		return nil
	}
	if failed := u.failed.Load(); failed != nil {
		return *failed
	}
	if read, ok := errors.AsType[*fs.PathError](err); ok && u.file && read.Op == "read" {
		return err
	}
	return nil
}

// headCame takes down that the answer's head is here.
func (u *upload) headCame(status int) {
	if u == nil {
		return
	}
	u.answered.Store(true)
	if status >= http.StatusMultipleChoices {
		u.refused.Store(true)
	}
}

// refusalTime bounds the wait for the answer of an engine that takes no more of a body.
const refusalTime = time.Second

// awaitAnswer holds a failed write back until the connection is closed, by who has read its answer or met its end. An
// engine that refuses a body stops reading it: the answer is there, and would be lost with the connection.
func (u *upload) awaitAnswer(closed <-chan struct{}) {
	timer := time.NewTimer(refusalTime)
	defer timer.Stop()
	select {
	case <-closed:
		return
	case <-timer.C:
	}
	if u.answered.Load() {
		<-closed // the answer is being read
	}
}

// setBody makes the request's body that of net/http's.
func (c *Client) setBody(hr *http.Request, r *Request, a *attempt) {
	switch {
	case r.getBody != nil:
		// net/http knows this form as in memory and sends it with the head in one write. GetBody lets it start over
		// on another connection when the first turned out closed before anything was written.
		hr.ContentLength = r.length
		hr.Body = io.NopCloser(r.getBody())
		hr.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(r.getBody()), nil }
	case r.body != nil && r.length == 0:
		hr.Body = http.NoBody
		r.discard()
	case r.body != nil:
		hr.ContentLength = r.length
		a.upload = newUpload(r.body)
		hr.Body = a.upload
		if f, ok := r.body.(*os.File); ok && r.length > 0 {
			hr.Body, a.upload.file = f, true
		}
		if r.document && c.config.expectTimeout > 0 {
			hr.Header.Set("Expect", "100-continue")
			hr.Close = true // or else net/http sends the body also after a refusal, to keep the connection
		}
	}
}
