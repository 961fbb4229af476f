package hijack

import (
	"math/rand/v2"
	"strings"
	"testing"
)

func FuzzDemux(f *testing.F) {
	for _, seed := range []string{
		"", mixed, mixed[:len(mixed)-1], mixed + "\x02\x00", "/ # ls\r\n",
		frame(Stdout, "before") + frame(SystemError, "no space left"),
		head(Stderr, 1<<32-1) + "x", head(SystemError, 1<<32-1) + "x", strings.Repeat(head(Stdout, 0), 9),
	} {
		f.Add([]byte(seed), uint64(len(seed)))
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 0))
		checkDemux(t, data, randomSizes(r), seed%2 == 0)
	})
}

func FuzzLines(f *testing.F) {
	const stamp = "2026-08-28T12:06:47.123456789Z "
	for _, seed := range []string{
		"", mixed, "a\r\nb\r\r\n$ ", frame(Stdout, "gr\xc3") + frame(Stderr, "x\n") + frame(Stdout, "\xbcn\n"),
		frame(Stdout, stamp+"k=v,a%20b=c hello\n") + frame(Stderr, stamp+" bare\nno end"), stamp + "k=%zz x\r\n",
		frame(Stdout, strings.Repeat("x", lineLimit+1)+"\n"),
		frame(Stdout, stamp+"k=v a") + frame(Stderr, stamp+" b") + frame(Stdout, stamp+"k=v "+stamp+"c\n") + frame(Stderr, stamp+" \n"),
		frame(Stdout, stamp+"k=v a") + head(Stdout, 99) + stamp,
	} {
		for way := range uint8(8) {
			f.Add([]byte(seed), uint64(len(seed)), way)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, seed uint64, way uint8) {
		r := rand.New(rand.NewPCG(seed, 0))
		cfg := LogsConfig{TTY: way&1 != 0, Timestamps: way&2 != 0, Details: way&4 != 0}
		checkLines(t, data, cfg, randomSizes(r))
	})
}
