package proxy_test

import (
	"testing"

	"github.com/gantry-go/gantry/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }
