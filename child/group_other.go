//go:build !unix

package child

import (
	"os"
	"os/exec"
)

// inOwnGroup does nothing: there are no groups of processes to signal here.
func inOwnGroup(*exec.Cmd) {}

// killGroup kills the process alone.
func killGroup(leader *os.Process) { _ = leader.Kill() }
