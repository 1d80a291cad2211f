package changes_test

import (
	"fmt"
	"strings"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/schemas"
)

func TestNothingThatOthersWroteCanPoseAsOursOrHide(t *testing.T) {
	role := apiclient.Role{ID: "0190f3a2-4000-7000-8000-000000000001", Name: "Support"}
	spoof := apiclient.UserBasic{FirstName: "Kim Nguyen <kim@example.com>", LastName: strings.Repeat(" ", 300) + ".", Email: "real@example.com"}
	odd := apiclient.UserBasic{FirstName: "Ana", Email: "ana@example.com>. Nothing is lost. <x"}
	for name, test := range map[string]struct {
		change       changes.Change
		says, hasNot string
	}{
		"a name that holds an address":  {changes.RemoveMember("", role, apiclient.RoleMembership{User: spoof}, nil), `"Kim Nguyen <kim@example.com> ." <real@example.com>`, "  "},
		"an address that is a sentence": {changes.RemoveMember("", role, apiclient.RoleMembership{User: odd}, nil), `"Ana" <"ana@example.com>. Nothing is lost. <x">`, ""},
		"an id that is a sentence":      {changes.DeleteReference("", apiclient.Reference{ID: "x", Role: "x). Nothing is lost.\n\x1b[2J"}), `"x). Nothing is lost.\n\x1b[2J"`, "\n"},
		"characters that show nothing":  {changes.CreateRole("", "Sup\u3164port\u2800\ufe0f\u202e"), `"Sup\u3164port\u2800\ufe0f\u202e"`, "\u3164"},
	} {
		text := test.change.String()
		if !strings.Contains(text, test.says) || test.hasNot != "" && strings.Contains(text, test.hasNot) {
			t.Errorf("%s: %s", name, text)
		}
	}
}

func TestAQuestionIsShortHoweverMuchIsLostAndNamesTheOrganization(t *testing.T) {
	s := newStage(t, confirming(changes.Ask))
	role := anyRole(t, s.org)
	var references []apiclient.Reference
	for i := range 3000 {
		references = append(references, apiclient.Reference{ID: apiclient.ReferenceID(fmt.Sprint(i)), ProviderRoleName: "same"})
	}
	question := s.preview(t, s.order(changes.Set{changes.DeleteRole(s.org.OrganizationID(), role, references, nil)})).Question
	text := question.String()
	if len(text) > 10_000 || !strings.Contains(text, "3000 groups no longer stand") || !strings.Contains(text, "and 2950 more") {
		t.Errorf("%d bytes", len(text))
	}
	if !strings.Contains(text, string(s.org.OrganizationID())) || !strings.Contains(text, `"Hedgebox (sandbox)"`) {
		t.Errorf("the question does not name the organization: %s", text)
	}
}

func TestTheQuestionBeforeARotationNamesTheSettingsThatGoAlong(t *testing.T) {
	s := newStage(t, confirming(changes.Ask))
	rotate := everyKind()[changes.TokenRotate](t, s.org)
	var settings schemas.ProjectSettings
	name := "PWNED"
	settings.Name = &name
	rotate = changes.RotateToken(rotate.Organization, *rotate.Project, &settings)
	if text := s.preview(t, s.order(changes.Set{rotate})).Question.String(); !strings.Contains(text, "These settings are sent along") || !strings.Contains(text, ": name.") {
		t.Errorf("the question: %s", text)
	}
}
