package config

import (
	"context"
	"os/exec"
	"syscall"
)

// shell has cmd.exe run a command line. The line is handed over as it is:
// cmd's quoting is not that of other programs. /S takes the outer quotes off.
func shell(ctx context.Context, line string) *exec.Cmd {
	command := exec.CommandContext(ctx, "cmd.exe")
	command.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /D /S /C "` + line + `"`, HideWindow: true}
	return command
}
