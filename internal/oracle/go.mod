module github.com/gantry-go/gantry/internal/oracle

go 1.26.0

require (
	github.com/gantry-go/gantry v0.1.0
	github.com/gorilla/mux v1.8.1
	golang.org/x/tools v0.52.0
)

require (
	github.com/apapsch/go-jsonmerge/v2 v2.0.0 // indirect
	github.com/go-json-experiment/json v1.27.2 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/oapi-codegen/runtime v1.8.0 // indirect
	golang.org/x/mod v0.42.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
)

replace github.com/gantry-go/gantry => ../..
