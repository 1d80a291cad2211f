package tools_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/tools"
)

var update = flag.Bool("update", false, "write the snapshots anew")

// snapshot is all of a tool that a model or a client can see.
type snapshot struct {
	Name        string          `json:"name"`
	Title       string          `json:"title"`
	Description string          `json:"description"`
	Effect      changes.Effect  `json:"effect"`
	Idempotent  bool            `json:"idempotent"`
	Scopes      []string        `json:"scopes"`
	Operation   string          `json:"operation"`
	Listed      json.RawMessage `json:"listed_input_schema"`
	ListedOut   json.RawMessage `json:"listed_output_schema"`
	Input       json.RawMessage `json:"input_schema"`
	Output      json.RawMessage `json:"output_schema"`
}

func TestEveryToolIsAsItsSnapshotSays(t *testing.T) {
	var names []string
	for _, tool := range tools.Catalog() {
		names = append(names, tool.Name+".json")
		t.Run(tool.Name, func(t *testing.T) {
			made := reflectAll(t, tool)
			got := indent(t, snapshot{
				Name: tool.Name, Title: tool.Title, Description: tool.Description,
				Effect: tool.Effect, Idempotent: tool.Idempotent, Scopes: tool.Scopes, Operation: tool.Operation,
				Listed: made["listed-input"], ListedOut: made["listed-output"], Input: made["input"], Output: made["output"],
			})
			path := filepath.Join("testdata", tool.Name+".json")
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; `make snapshots` writes it", err)
			}
			// A checkout on Windows may have other line ends.
			want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("changed; if that is meant, run `make snapshots` (-snapshot +now):\n%s", diff)
			}
		})
	}
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file.Name(), ".json") && !slices.Contains(names, file.Name()) {
			t.Errorf("testdata/%s belongs to no tool", file.Name())
		}
	}
}

// reflectAll makes all schemas of a tool from its structs.
func reflectAll(t *testing.T, tool tools.Tool) map[string]json.RawMessage {
	t.Helper()
	made := map[string]json.RawMessage{}
	for _, which := range tools.SchemaNames() {
		schema, err := tool.Reflect(which)
		if err != nil {
			t.Fatal(err)
		}
		made[which] = schema
	}
	return made
}

func TestTheKeptSchemasAreThoseOfTheStructs(t *testing.T) {
	var want strings.Builder
	for _, tool := range tools.Catalog() {
		made := reflectAll(t, tool)
		for _, which := range tools.SchemaNames() {
			fmt.Fprintf(&want, "%s %s %s\n", tool.Name, which, made[which])
		}
	}
	if *update {
		if err := os.WriteFile("schemas.txt", []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("schemas.txt")
	if err != nil {
		t.Fatal(err)
	}
	// A checkout on Windows may have other line ends.
	if want.String() != strings.ReplaceAll(string(got), "\r\n", "\n") {
		t.Error("schemas.txt is out of date; run `make snapshots`")
	}
	for _, tool := range tools.Catalog() {
		made := reflectAll(t, tool)
		for _, which := range tools.SchemaNames() {
			kept, err := tool.Kept(which)
			if err != nil {
				t.Fatal(err)
			}
			if !*update && string(kept) != string(made[which]) {
				t.Errorf("%s is listed with another %s than its structs have", tool.Name, which)
			}
		}
	}
}

func TestTheCatalogHasTheFifteenOperationsTheThreeListsWhoamiTheJournalAndUndo(t *testing.T) {
	want := map[string]changes.Effect{
		"roles-list": changes.Reads, "roles-get": changes.Reads, "roles-create": changes.Creates,
		"roles-update": changes.Updates, "roles-delete": changes.Destroys,
		"membership-list": changes.Reads, "membership-get": changes.Reads, "membership-add": changes.Creates,
		"membership-remove":       changes.Destroys,
		"external-reference-list": changes.Reads, "external-reference-create": changes.Creates,
		"external-reference-delete": changes.Destroys, "external-reference-lookup": changes.Reads,
		"project-secret-token-rotate": changes.Destroys, "welcome-current": changes.Reads,
		"organizations-list": changes.Reads, "members-list": changes.Reads, "projects-list": changes.Reads, "whoami": changes.Reads,
		"journal-list": changes.Reads, "undo": changes.Destroys,
	}
	got := map[string]changes.Effect{}
	for _, tool := range tools.Catalog() {
		got[tool.Name] = tool.Effect
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("catalog (-want +got):\n%s", diff)
	}
}

func TestNamesAreShortKebabCaseAndDescriptionsNameOnlyToolsThatExist(t *testing.T) {
	shape := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	mention := regexp.MustCompile(`\b(roles|membership|external-reference|project-secret-token|projects|welcome|organizations|members|journal)-[a-z]+\b`)
	var names []string
	for _, tool := range tools.Catalog() {
		names = append(names, tool.Name)
	}
	mentions := 0
	for _, tool := range tools.Catalog() {
		if !shape.MatchString(tool.Name) || len(tool.Name) > 52 {
			t.Errorf("%s is no short kebab-case name", tool.Name)
		}
		if tool.Family == "" || tool.Title == "" || tool.Operation == "" || !strings.HasSuffix(tool.Description, ".") {
			t.Errorf("%s lacks a family, a title, an operation, or a description in sentences", tool.Name)
		}
		for _, name := range mention.FindAllString(tool.Description, -1) {
			mentions++
			if !slices.Contains(names, name) {
				t.Errorf("%s mentions %s, which does not exist", tool.Name, name)
			}
		}
	}
	if mentions == 0 {
		t.Error("no description mentions a tool: the test looks for the wrong shape")
	}
}

func TestEverySchemaIsSelfContainedAndDescribesEachProperty(t *testing.T) {
	for _, tool := range tools.Catalog() {
		input, output := bothSchemas(t, tool)
		for kind, raw := range map[string]json.RawMessage{"input": input, "output": output} {
			t.Run(tool.Name+" "+kind, func(t *testing.T) {
				compile(t, raw)
				for _, word := range []string{"$ref", "$defs", "$id", "$schema", `\u003c`} {
					if bytes.Contains(raw, []byte(word)) {
						t.Errorf("the schema holds %s", word)
					}
				}
				var schema map[string]any
				if err := json.Unmarshal(raw, &schema); err != nil {
					t.Fatal(err)
				}
				checkObject(t, "", schema)
			})
		}
	}
}

// checkObject walks a schema and insists on closed objects and described properties.
func checkObject(t *testing.T, path string, schema map[string]any) {
	t.Helper()
	properties, ok := schema["properties"].(map[string]any)
	if !ok {
		return // An open object, such as the API's own.
	}
	if schema["additionalProperties"] != false {
		t.Errorf("%s takes unknown properties", path)
	}
	for name, property := range properties {
		object, ok := property.(map[string]any)
		if !ok {
			t.Errorf("%s.%s is a bare %v", path, name, property)
			continue
		}
		if description, _ := object["description"].(string); description == "" {
			t.Errorf("%s.%s has no description", path, name)
		}
		checkObject(t, path+"."+name, object)
		if items, ok := object["items"].(map[string]any); ok {
			checkObject(t, path+"."+name+"[]", items)
		} else if object["items"] != nil {
			t.Errorf("%s.%s has bare items %v", path, name, object["items"])
		}
	}
}

func compile(t *testing.T, raw json.RawMessage) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource("schema.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func bothSchemas(t *testing.T, tool tools.Tool) (input, output json.RawMessage) {
	t.Helper()
	input, err := tool.Input()
	if err != nil {
		t.Fatal(err)
	}
	output, err = tool.Output()
	if err != nil {
		t.Fatal(err)
	}
	return input, output
}

func indent(t *testing.T, value any) []byte {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
