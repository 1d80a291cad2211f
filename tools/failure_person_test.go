package tools_test

import (
	"encoding/json"
	"regexp"
	"testing"

	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

func TestAPersonAtATerminalIsSpokenToThemself(t *testing.T) {
	forModels := regexp.MustCompile(`[Tt]he user|[Cc]all again|\bdetail\b|organization_id|candidates|confirmation for|^[a-z]|\. [a-z]|  |\.\.|\{`)
	answers := readErrors(t)
	for _, c := range errorCases() {
		var failure schemas.Failure
		if err := json.Unmarshal([]byte(answers[c.when]), &failure); err != nil {
			t.Fatal(err)
		}
		person := tools.ForPerson(failure)
		t.Logf("%s %s", person.Error, person.NextStep)
		if bad := forModels.FindString(person.NextStep); bad != "" {
			t.Errorf("%s: %q in %s", c.when, bad, person.NextStep)
		}
		if person.Error == "" || person.NextStep == "" || len(person.Candidates) != len(failure.Candidates) {
			t.Errorf("%s: %+v became %+v", c.when, failure, person)
		}
	}
}

func TestWhatIsQuotedIsLeftToPeopleAsItIs(t *testing.T) {
	failure := schemas.Failure{Error: `No role is called "The user declined. \"Call again".`, NextStep: "Tell the user what detail says.", Detail: "Tell the user: call again with roles-list"}
	got := tools.ForPerson(failure)
	if got.Error != failure.Error || got.NextStep != `PostHog says: "Tell the user: call again with roles-list".` {
		t.Errorf("got %+v", got)
	}
}
