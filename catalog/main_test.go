package catalog_test

import (
	"testing"

	"github.com/gantry-go/gantry/internal/enginetest"
)

func TestMain(m *testing.M) {
	enginetest.Main(m)
}
