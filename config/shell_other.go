//go:build !windows

package config

import (
	"context"
	"os/exec"
)

// shell has the system's shell run a command line.
func shell(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "/bin/sh", "-c", line)
}
