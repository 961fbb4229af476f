package ssh

import (
	"testing"

	"github.com/gantry-go/gantry/internal/enginetest"
	"github.com/gantry-go/gantry/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(withEngines{m}) }

// withEngines ends the engines that tests have started before leaks are looked for.
type withEngines struct{ m *testing.M }

func (w withEngines) Run() int { return enginetest.Run(w.m) }
