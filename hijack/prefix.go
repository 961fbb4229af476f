package hijack

import (
	"bytes"
	"maps"
	"net/url"
	"strings"
	"time"
)

// prefix is what an engine puts before each line, and before each stored piece of a long one: the time, and then the
// attributes of the log, each with a space behind it.
type prefix struct {
	timed, detailed bool // which of them are there
	time            time.Time
	details         map[string]string // nil where there are none
}

// any reports whether there is a prefix.
func (f prefix) any() bool { return f.timed || f.detailed }

// cutPrefix takes what looks like the time and the attributes that the configuration promises off a line. What does not
// stays.
func (cfg LogsConfig) cutPrefix(text []byte) (found prefix, rest []byte) {
	if cfg.Timestamps {
		at, rest, ok := cutTime(text)
		if !ok {
			return found, text
		}
		found.timed, found.time, text = true, at, rest
	}
	if cfg.Details {
		field, rest, ok := bytes.Cut(text, []byte{' '})
		if !ok {
			return found, text
		}
		details, ok := parseDetails(string(field))
		if !ok {
			return found, text
		}
		found.detailed, found.details, text = true, details, rest
	}
	return found, text
}

// maxTime is the longest form of a time, with a zone.
const maxTime = len("2006-01-02T15:04:05.999999999-07:00")

func cutTime(text []byte) (at time.Time, rest []byte, ok bool) {
	end := bytes.IndexByte(text[:min(len(text), maxTime+1)], ' ')
	if end < 0 || at.UnmarshalText(text[:end]) != nil {
		return time.Time{}, text, false
	}
	return at, text[end+1:], true
}

// cutAgain takes a prefix off the beginning of a frame that goes on with a line which has one of the same kind: another time,
// as it is of when the piece was read, and the same attributes. It is not decided while more of the frame could change that.
func (f prefix) cutAgain(frame []byte) (rest []byte, decided bool) {
	rest = frame
	if f.timed {
		var ok bool
		if _, rest, ok = cutTime(frame); !ok {
			return frame, len(frame) > maxTime || bytes.ContainsAny(frame, " \n")
		}
	}
	if f.detailed {
		field, _, ok := bytes.Cut(rest[:min(len(rest), lineLimit)], []byte{' '})
		switch line := bytes.IndexByte(field, '\n') >= 0; {
		case !ok && !line && len(rest) < lineLimit:
			return rest, false
		case !ok || line:
			return rest, true
		}
		if details, ok := parseDetails(string(field)); ok && maps.Equal(details, f.details) {
			rest = rest[len(field)+1:]
		}
	}
	return rest, true
}

// parseDetails reads "key=value,key=value", both escaped as in a URL's query; no attributes at all are fine.
func parseDetails(field string) (map[string]string, bool) {
	if field == "" {
		return nil, true
	}
	details := make(map[string]string, strings.Count(field, ",")+1)
	for pair := range strings.SplitSeq(field, ",") {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, false
		}
		key, err := url.QueryUnescape(key)
		if err != nil {
			return nil, false
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return nil, false
		}
		details[key] = value
	}
	return details, true
}
