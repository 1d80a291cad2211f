package deploy_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The launcher starts the program that was installed with it, and no other.
func TestTheLauncherStartsOnlyTheProgramOfItsOwnVersion(t *testing.T) {
	node, err := exec.LookPath("node")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("no Node.js, or the program would have to be more than a script")
	}
	machine, err := exec.Command(node, "-p", "`posthog-org-mcp-${process.platform}-${process.arch}`").Output()
	if err != nil {
		t.Fatal(err)
	}
	program := strings.TrimSpace(string(machine))
	for _, test := range []struct{ name, folder, version, says string }{
		{"of its own version", "node_modules", "0.0.0", "started"},
		{"of another version", "node_modules", "0.0.1", "is of version 0.0.1"},
		{"from elsewhere", "elsewhere", "0.0.0", "is not installed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := t.TempDir()
			launcher := filepath.Join(root, "node_modules", "posthog-org-mcp")
			for _, file := range []string{"launch.js", "package.json"} {
				data, err := os.ReadFile(filepath.Join("npm", file))
				if err != nil {
					t.Fatal(err)
				}
				lay(t, filepath.Join(launcher, file), data)
			}
			version, err := json.Marshal(map[string]string{"name": program, "version": test.version})
			if err != nil {
				t.Fatal(err)
			}
			lay(t, filepath.Join(root, test.folder, program, "package.json"), version)
			lay(t, filepath.Join(root, test.folder, program, "bin", "posthog-org-mcp"), []byte("#!/bin/sh\necho started\n"))
			command := exec.Command(node, filepath.Join(launcher, "launch.js"))
			command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + root, "NODE_PATH=" + filepath.Join(root, "elsewhere")}
			said, err := command.CombinedOutput()
			if !strings.Contains(string(said), test.says) || (err == nil) != (test.says == "started") {
				t.Errorf("%v: %s", err, said)
			}
		})
	}
}

func lay(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o700); err != nil {
		t.Fatal(err)
	}
}
