package harness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// module is the path of the module whose binary is under test.
const module = "posthog-org-mcp"

// buildTimeout is long because an empty build cache makes everything new.
const buildTimeout = 9 * time.Minute

// keepBuilds is how long a build that nothing has used stays on disk.
const keepBuilds = 2 * time.Hour

// Binary returns the path of the module's executable, built once per test
// process, and for the race detector when the test is. A build that fails fails
// the test.
func Binary(tb testing.TB) string {
	tb.Helper()
	if err := lookAtSources(); err != nil {
		tb.Fatalf("harness: look at the sources: %v", err)
	}
	path, err := build()
	if err != nil {
		tb.Fatalf("harness: build the server: %v", err)
	}
	return path
}

var build = sync.OnceValues(func() (string, error) {
	root, err := moduleRoot()
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return buildInto(filepath.Join(cache, module+"-harness"), root)
})

// lookAtSources walks over all folders of the module. go test keeps a test's
// result as long as nothing changes that the test looked at; what the build
// reads is out of its sight, so without this a test of the program would pass
// from the cache after the program had changed.
var lookAtSources = sync.OnceValue(func() error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules") {
			return filepath.SkipDir
		}
		return nil
	})
})

// buildInto builds the module at root and keeps the binary in folder, under a
// name made of its content: test processes that run side by side share one
// copy, and none ever writes over a program that another runs.
func buildInto(folder, root string) (string, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	sweep(folder)
	own, err := os.MkdirTemp(folder, "building-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(own)
	fresh := filepath.Join(own, module+exe())
	args := []string{"build", "-buildvcs=false", "-o", fresh}
	if raceEnabled {
		args = append(args, "-race")
	}
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	command := exec.CommandContext(ctx, "go", append(args, ".")...)
	command.Dir = root
	if output, err := command.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go %v in %s: %w\n%s", args, root, err, output)
	}
	sum, err := hash(fresh)
	if err != nil {
		return "", err
	}
	kept := filepath.Join(folder, sum+exe())
	now := time.Now()
	if err := os.Chtimes(kept, now, now); err == nil {
		return kept, nil
	}
	if err := os.Rename(fresh, kept); err != nil {
		// Another process may have been quicker with the same content.
		if _, missing := os.Stat(kept); missing != nil {
			return "", err
		}
	}
	return kept, nil
}

// sweep removes builds that nothing has used for long. What cannot be removed
// stays.
func sweep(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && time.Since(info.ModTime()) > keepBuilds {
			_ = os.RemoveAll(filepath.Join(folder, entry.Name()))
		}
	}
}

func hash(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)[:12]), nil
}

// moduleRoot walks up from the working directory, which in a test is the
// package's folder, to the module's go.mod.
func moduleRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if mod, err := os.ReadFile(filepath.Join(folder, "go.mod")); err == nil && bytes.HasPrefix(mod, []byte("module "+module)) {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("no go.mod of " + module + " above the working directory")
		}
		folder = parent
	}
}

func exe() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}
