package schemas_test

import (
	"testing"

	"posthog-org-mcp/schemas"
)

func TestTheListShowsWhatAModelNeedsToMakeACallAndNoMore(t *testing.T) {
	type arguments struct {
		Role  string   `json:"role" jsonschema:"required,minLength=1,maxLength=200" jsonschema_description:"UUID or name."`
		Since string   `json:"since,omitempty" jsonschema:"format=date" jsonschema_description:"A day."`
		Order string   `json:"order,omitempty" jsonschema:"enum=up,enum=down,default=up" jsonschema_description:"Which way."`
		Names []string `json:"names,omitempty" jsonschema:"minItems=1,maxItems=3" jsonschema_description:"Several."`
		schemas.Window
	}
	type result struct {
		Total int           `json:"total" jsonschema:"minimum=0" jsonschema_description:"How many."`
		Day   schemas.Date  `json:"day,omitempty" jsonschema_description:"When."`
		Undo  *schemas.Undo `json:"undo,omitempty" jsonschema_description:"Call that takes it back."`
	}
	input, err := schemas.ListedInput[arguments]()
	if err != nil {
		t.Fatal(err)
	}
	const wantInput = `{"properties":{"role":{"type":"string","description":"UUID or name."},` +
		`"since":{"type":"string","description":"A day."},` +
		`"order":{"type":"string","enum":["up","down"],"description":"Which way."},` +
		`"names":{"items":{"type":"string"},"type":"array","description":"Several."},` +
		`"limit":{"type":"integer"},"offset":{"type":"integer"}},"additionalProperties":false,"type":"object","required":["role"]}`
	if string(input) != wantInput {
		t.Errorf("got  %s\nwant %s", input, wantInput)
	}
	output, err := schemas.ListedOutput[result]()
	if err != nil {
		t.Fatal(err)
	}
	const wantOutput = `{"properties":{"total":{"type":"integer"},"day":{"type":"string"},"undo":{"type":"object"}},"type":"object"}`
	if string(output) != wantOutput {
		t.Errorf("got  %s\nwant %s", output, wantOutput)
	}
}
