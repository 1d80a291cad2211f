//go:build unix

package child

import (
	"os"
	"os/exec"
	"syscall"
)

// inOwnGroup has a process lead a group, in which what it starts is too.
func inOwnGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// killGroup kills what is left of a process's group.
func killGroup(leader *os.Process) { _ = syscall.Kill(-leader.Pid, syscall.SIGKILL) }
