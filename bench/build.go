package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// The two programs, by import path, so that they are found from any folder of
// the module.
const (
	serverPackage = "posthog-org-mcp"
	peerPackage   = "posthog-org-mcp/bench/peer"
)

// build builds a program as a release is built, without cgo, into folder, and
// returns its path.
func build(ctx context.Context, folder, pkg string) (string, error) {
	path := filepath.Join(folder, filepath.Base(pkg))
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	args := []string{"build", "-buildvcs=false", "-trimpath", "-ldflags", "-s -w", "-o", path, pkg}
	command := exec.CommandContext(ctx, "go", args...)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go %q: %w\n%s", args, err, output)
	}
	return path, nil
}
