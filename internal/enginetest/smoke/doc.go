// Package smoke is what the smoke tests of docker and podman share: they call the operations of many API versions on
// engines of many ages, by instances of one template. It watches what the engines answer, accounts for what no type has a
// field for, and holds the small words that the templates are written in.
package smoke
