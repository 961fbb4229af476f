package gen

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// version is an API version as engines number them: "1.41", "4.3.1".
type version struct {
	text  string
	parts []int
}

func parseVersion(text string) (version, error) {
	v := version{text: text}
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return version{}, fmt.Errorf("%q is no version: want numbers and dots, as in 1.41", text)
		}
		v.parts = append(v.parts, n)
	}
	if len(v.parts) < 2 {
		return version{}, fmt.Errorf("%q is no version: want a major and a minor number", text)
	}
	return v, nil
}

// compare orders versions by their numbers, so that 1.9 is before 1.41.
func (v version) compare(w version) int {
	for i := range min(len(v.parts), len(w.parts)) {
		if c := cmp.Compare(v.parts[i], w.parts[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(v.parts), len(w.parts))
}

// packageName is the Go package of the version's schemas: v141. A patch number is left out of it.
func (v version) packageName() string {
	return "v" + strconv.Itoa(v.parts[0]) + strconv.Itoa(v.parts[1])
}

// span is a range of versions of an overlay entry; an empty end is open.
type span struct {
	Since string `yaml:"since"`
	Until string `yaml:"until"`
}

// valid reports an end that is no version.
func (s span) valid() error {
	for _, end := range []string{s.Since, s.Until} {
		if end == "" {
			continue
		}
		if _, err := parseVersion(end); err != nil {
			return err
		}
	}
	return nil
}

// holds reports whether v is in a checked range, both ends included.
func (s span) holds(v version) bool {
	beyond := func(end string, sign int) bool {
		w, err := parseVersion(end)
		return err == nil && v.compare(w) == sign
	}
	return !beyond(s.Since, -1) && !beyond(s.Until, 1)
}
