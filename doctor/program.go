package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// programName is the program's file, without the ending of a system.
const programName = "posthog-org-mcp"

// executable is this program's own file, behind links.
func executable() (string, error) {
	file, err := os.Executable()
	if err != nil {
		return "", err
	}
	if real, err := filepath.EvalSymlinks(file); err == nil {
		return real, nil
	}
	return file, nil
}

// program tells which build this is, and whether a shell would start another one.
func (x *examination) program(context.Context) Finding {
	found := ok("%s %s (%s/%s)", programName, x.Version, runtime.GOOS, runtime.GOARCH)
	found.Details = []string{"commit " + orUnknown(x.Commit), "built with " + runtime.Version()}
	own, err := x.World.Executable()
	if err != nil {
		return found
	}
	found.What += " at " + path(own)
	found.Details = append(found.Details, "file "+own)
	other := onPath(x.Environ)
	if other == "" || sameFile(own, other) {
		return found
	}
	doubt := warning(fmt.Sprintf("%s. On the PATH another one comes first: %s.", found.What, path(other)), "Remove the one that is not wanted, or put the other's folder first on the PATH. Clients that name a full path are not affected.")
	doubt.Details = found.Details
	return doubt
}

// onPath is the file that a shell starts under the program's name; "" when none.
func onPath(environ []string) string {
	name := programName
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	for _, folder := range filepath.SplitList(variable(environ, "PATH")) {
		file := filepath.Join(folder, name)
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode()&0o111 != 0) {
			return file
		}
	}
	return ""
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	two, err := os.Stat(b)
	return err == nil && os.SameFile(one, two)
}

// variable is one of an environment; "" when it is not set.
func variable(environ []string, name string) string {
	for _, pair := range environ {
		key, value, _ := strings.Cut(pair, "=")
		if key == name || runtime.GOOS == "windows" && strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}
