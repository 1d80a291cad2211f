// Package deploy_test holds what packages say of the program to the program.
package deploy_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"posthog-org-mcp/config"
	"posthog-org-mcp/tools"
)

var update = flag.Bool("update", false, "write the list of tools in the bundle's manifest anew")

// bundleSetting is what a user of Claude Desktop may fill in.
type bundleSetting struct {
	Type      string          `json:"type"`
	Title     string          `json:"title"`
	About     string          `json:"description"`
	Sensitive bool            `json:"sensitive"`
	Required  bool            `json:"required"`
	Default   json.RawMessage `json:"default"`
}

type manifest struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	About   string `json:"description"`
	Server  struct {
		Config struct {
			Args        []string          `json:"args"`
			Environment map[string]string `json:"env"`
		} `json:"mcp_config"`
	} `json:"server"`
	Settings map[string]bundleSetting `json:"user_config"`
	Tools    []toolLine               `json:"tools"`
}

type toolLine struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

type registryEntry struct {
	Name     string `json:"name"`
	Version  string `json:"version"`
	About    string `json:"description"`
	Packages []struct {
		Identifier  string `json:"identifier"`
		Version     string `json:"version"`
		Environment []struct {
			Name    string `json:"name"`
			Default string `json:"default"`
			Secret  bool   `json:"isSecret"`
			Needed  bool   `json:"isRequired"`
			Format  string `json:"format"`
		} `json:"environmentVariables"`
	} `json:"packages"`
}

type npmPackage struct {
	Name       string            `json:"name"`
	Version    string            `json:"version"`
	NameInMCP  string            `json:"mcpName"`
	Commands   map[string]string `json:"bin"`
	Files      []string          `json:"files"`
	PerMachine map[string]string `json:"optionalDependencies"`
}

func TestTheBundleListsEveryTool(t *testing.T) {
	const path = "mcpb/manifest.json"
	var want []toolLine
	for _, tool := range tools.Catalog() {
		want = append(want, toolLine{tool.Name, tool.Title})
	}
	if *update {
		lines, err := json.MarshalIndent(want, "  ", "  ")
		if err != nil {
			t.Fatal(err)
		}
		list := regexp.MustCompile(`(?s)"tools": \[.*?\]`)
		written := list.ReplaceAllLiteral(read(t, path), append([]byte(`"tools": `), lines...))
		if err := os.WriteFile(path, written, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got := parsed[manifest](t, path).Tools; !slices.Equal(got, want) {
		t.Errorf("the list is out of date; `go test ./deploy -run Bundle -update` writes it anew\n got %v\nwant %v", got, want)
	}
}

func TestTheBundlesSettingsAreTheProgramsAndNoneIsRequired(t *testing.T) {
	bundle := parsed[manifest](t, "mcpb/manifest.json")
	if len(bundle.Server.Config.Args) > 0 {
		t.Errorf("arguments are %q; settings go through the environment, where an empty one is harmless", bundle.Server.Config.Args)
	}
	used := map[string]bool{}
	for variable, value := range bundle.Server.Config.Environment {
		setting := settingOf(t, variable)
		name, isPlain := strings.CutPrefix(strings.TrimSuffix(value, "}"), "${user_config.")
		asked, known := bundle.Settings[name]
		if !isPlain || !known {
			t.Errorf("%s is %q, which is not one of the settings", variable, value)
			continue
		}
		used[name] = true
		if asked.Required || asked.Title == "" || asked.About == "" {
			t.Errorf("%s: %+v", name, asked)
		}
		if asked.Sensitive != setting.Sensitive {
			t.Errorf("%s: sensitive is %v there, and %v in the program", name, asked.Sensitive, setting.Sensitive)
		}
		if (asked.Type == "boolean") != setting.Switch {
			t.Errorf("%s is a %s there", name, asked.Type)
		}
		if byDefault := strings.Trim(string(asked.Default), `"`); byDefault != "" && byDefault != "false" && byDefault != setting.Default {
			t.Errorf("%s is %s there by default, and %s in the program", name, byDefault, setting.Default)
		}
	}
	if len(used) != len(bundle.Settings) {
		t.Errorf("%d settings are asked for, %d are used", len(bundle.Settings), len(used))
	}
	for _, scope := range append(config.Scopes(false), config.Scopes(true)...) {
		if !strings.Contains(bundle.Settings["api_key"].About, scope) {
			t.Errorf("what is said of the key does not name %s", scope)
		}
	}
}

func TestTheRegistrysEntryFitsItsSchema(t *testing.T) {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(read(t, "testdata/server.schema.json")))
	if err != nil {
		t.Fatal(err)
	}
	const address = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource(address, schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile(address)
	if err != nil {
		t.Fatal(err)
	}
	// What was built, where a build asks for it, and else what it is made of.
	path := "server.json"
	if built := os.Getenv("SERVER_JSON"); built != "" {
		path = built
	}
	entry, err := jsonschema.UnmarshalJSON(bytes.NewReader(read(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	if err := compiled.Validate(entry); err != nil {
		t.Errorf("%s: %v", path, err)
	}
}

func TestTheRegistrysVariablesAreThoseOfTheBundle(t *testing.T) {
	bundle, entry := parsed[manifest](t, "mcpb/manifest.json"), parsed[registryEntry](t, "server.json")
	for _, place := range entry.Packages {
		if len(place.Environment) != len(bundle.Server.Config.Environment) {
			t.Errorf("%d variables, and %d in the bundle", len(place.Environment), len(bundle.Server.Config.Environment))
		}
		for _, variable := range place.Environment {
			setting := settingOf(t, variable.Name)
			if _, known := bundle.Server.Config.Environment[variable.Name]; !known {
				t.Errorf("%s is not in the bundle", variable.Name)
			}
			if variable.Secret != setting.Sensitive || variable.Needed || (variable.Format == "boolean") != setting.Switch {
				t.Errorf("%+v does not fit %+v", variable, setting)
			}
			if variable.Default != "" && variable.Default != "false" && variable.Default != setting.Default {
				t.Errorf("%s is %s there by default, and %s in the program", variable.Name, variable.Default, setting.Default)
			}
		}
	}
}

func TestAllPackagesGoByOneNameAndLeaveTheVersionToTheRelease(t *testing.T) {
	bundle, entry, npm := parsed[manifest](t, "mcpb/manifest.json"), parsed[registryEntry](t, "server.json"), parsed[npmPackage](t, "npm/package.json")
	if bundle.Name != npm.Name || entry.Packages[0].Identifier != npm.Name {
		t.Errorf("the names are %q, %q and %q", bundle.Name, entry.Packages[0].Identifier, npm.Name)
	}
	if npm.NameInMCP != entry.Name {
		t.Errorf("npm says %q, the registry %q: it would refuse the package", npm.NameInMCP, entry.Name)
	}
	if bundle.About != entry.About {
		t.Errorf("the bundle says %q, the registry %q", bundle.About, entry.About)
	}
	const unreleased = "0.0.0"
	for _, version := range []string{bundle.Version, entry.Version, entry.Packages[0].Version, npm.Version} {
		if version != unreleased {
			t.Errorf("a version is %q; a release fills it in", version)
		}
	}
	var machines []string
	for _, system := range []string{"darwin", "linux", "win32"} {
		for _, machine := range []string{"arm64", "x64"} {
			machines = append(machines, npm.Name+"-"+system+"-"+machine)
		}
	}
	for _, machine := range machines {
		if npm.PerMachine[machine] != unreleased {
			t.Errorf("there is no package %s", machine)
		}
	}
	if len(npm.PerMachine) != len(machines) || len(npm.Commands) != 1 || !slices.Contains(npm.Files, npm.Commands[npm.Name]) {
		t.Errorf("got %+v", npm)
	}
}

func TestTheImageHasNoShellAndNoRoot(t *testing.T) {
	var instructions []string
	for line := range strings.Lines(string(read(t, "Dockerfile"))) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			instructions = append(instructions, line)
		}
	}
	want := []string{
		"FROM gcr.io/distroless/static:nonroot",
		"ARG TARGETPLATFORM",
		"COPY ${TARGETPLATFORM}/posthog-org-mcp /usr/bin/posthog-org-mcp",
		"USER 65532:65532",
		"ENV HOME=/home/nonroot TMPDIR=/home/nonroot",
		`VOLUME ["/home/nonroot"]`,
		`ENTRYPOINT ["/usr/bin/posthog-org-mcp"]`,
	}
	if !slices.Equal(instructions, want) {
		t.Errorf("the Dockerfile has %q\nwant %q; the check of packages assembles the image by these", instructions, want)
	}
}

func settingOf(t *testing.T, variable string) config.Setting {
	t.Helper()
	for _, setting := range config.Settings() {
		if setting.Variable == variable {
			return setting
		}
	}
	t.Fatalf("%s is not a setting of the program", variable)
	return config.Setting{}
}

func parsed[T any](t *testing.T, path string) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(read(t, path), &value); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return value
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
