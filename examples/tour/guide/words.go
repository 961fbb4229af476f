package guide

import (
	"fmt"
	"strings"
	"time"
)

// Short returns an id as people write it.
func Short(id string) string {
	_, hex, found := strings.Cut(id, "sha256:")
	if !found {
		hex = id
	}
	return hex[:min(12, len(hex))]
}

// Size returns a number of bytes as people read it.
func Size[N int | int64 | uint64](bytes N) string {
	n, unit := float64(bytes), "B"
	for _, larger := range []string{"kB", "MB", "GB", "TB"} {
		if n < 1000 {
			break
		}
		n, unit = n/1000, larger
	}
	if unit == "B" {
		return fmt.Sprintf("%d B", bytes)
	}
	return fmt.Sprintf("%.3g %s", n, unit)
}

// Took returns a duration as people read it.
func Took(d time.Duration) string {
	switch {
	case d < time.Millisecond:
		return fmt.Sprintf("%d µs", d.Microseconds())
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// Count returns "1 call", "2 calls", "2 processes".
func Count[N int | int64 | uint64](n N, thing string) string {
	switch {
	case n == 1:
		return "1 " + thing
	case strings.HasSuffix(thing, "s"):
		thing += "e"
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
