package process_test

import (
	"testing"

	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/leak"
)

// runner has the engines of a test binary end before leaks are looked for.
type runner struct{ m *testing.M }

func (r runner) Run() int { return enginetest.Run(r.m) }

func TestMain(m *testing.M) {
	enginetest.ForExamples()
	leak.Main(runner{m})
}
