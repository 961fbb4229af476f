module github.com/gantry-go/gantry/internal/compat

go 1.26

require (
	github.com/gantry-go/gantry v0.0.0
	github.com/moby/moby/client v0.6.2
)

replace github.com/gantry-go/gantry => ../..
