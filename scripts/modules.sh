# The modules of this project; sourced.
# shellcheck shell=bash

# modules prints the folder of each.
modules() {
	find . -name go.mod -not -path '*/testdata/*' -not -path './.git/*' -printf '%h\n' | sort
}
