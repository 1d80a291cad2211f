package tools_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

// Each example is what help and the reference show, so it has to come out right
// on the organization that every sandbox starts with.
func TestEveryToolHasAnExampleThatComesOutRight(t *testing.T) {
	for _, tool := range tools.Catalog() {
		t.Run(tool.Name, func(t *testing.T) {
			t.Parallel()
			example := string(tool.Example())
			if example == "" {
				t.Fatal("there is no example; tools/examples.go has those of the others")
			}
			if err := tool.Check(tool.Example()); err != nil {
				t.Fatalf("%s: %v", example, err)
			}
			stage := newStage(t, sandbox.AdminKey)
			if tool.Name == "undo" {
				written := call[schemas.RoleWritten](t, stage, "roles-create", string(find(t, "roles-create").Example()))
				var named schemas.UndoCall
				if err := json.Unmarshal(tool.Example(), &named); err != nil {
					t.Fatal(err)
				}
				example = strings.Replace(example, named.ID, written.Undo.Arguments["id"], 1)
			}
			call[json.RawMessage](t, stage, tool.Name, example)
		})
	}
}

func TestAToolThatIsNotInTheCatalogHasNoExample(t *testing.T) {
	if example := (tools.Tool{Name: "roles-frobnicate"}).Example(); example != nil {
		t.Errorf("it has the example %s", example)
	}
}

func TestArgumentsAreCheckedWithoutCalling(t *testing.T) {
	tool := find(t, "roles-get")
	for _, right := range []string{`{"role":"Support"}`, `{"role":"Support","view":null}`, `{"role":"Support","view":""}`} {
		if err := tool.Check(json.RawMessage(right)); err != nil {
			t.Errorf("%s: %v", right, err)
		}
	}
	for _, wrong := range []string{``, `{}`, `[]`, `{"role":5}`, `{"rol":"Support"}`, `{"role":"Support","view":"ful"}`} {
		var invalid *schemas.ArgumentError
		if err := tool.Check(json.RawMessage(wrong)); !errors.As(err, &invalid) {
			t.Errorf("%s: %v", wrong, err)
		}
	}
}

func TestAFailedCallSaysWhyForCallersThatAreNoClient(t *testing.T) {
	stage := newStage(t, sandbox.AdminKey)
	for arguments, isWrongCall := range map[string]bool{`{"role":"Support"}`: true, `{"role":"Suport","member":"@me"}`: false} {
		answer := find(t, "membership-add").Call(t.Context(), stage.environment, tools.Request{Arguments: json.RawMessage(arguments)})
		var invalid *schemas.ArgumentError
		if !answer.IsError || answer.Cause == nil || errors.As(answer.Cause, &invalid) != isWrongCall {
			t.Errorf("%s: %v, %s", arguments, answer.Cause, answer.JSON)
		}
	}
	answer := find(t, "roles-list").Call(t.Context(), stage.environment, tools.Request{})
	if answer.IsError || answer.Cause != nil {
		t.Errorf("%v, %s", answer.Cause, answer.JSON)
	}
}
