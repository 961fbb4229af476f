// Package compat compares gantry with other clients. It is a module of its own, so that they stay out of gantry's.
package compat
