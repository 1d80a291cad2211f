package apiclient_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/redact"
)

// documented pairs every type of an answer with its schema in the document.
func documented() map[string]any {
	return map[string]any{
		"Role": new(apiclient.Role), "RoleMembership": new(apiclient.RoleMembership),
		"RoleExternalReference": new(apiclient.Reference), "OrganizationMember": new(apiclient.OrganizationMember),
		"Organization": new(apiclient.Organization), "ProjectRow": new(apiclient.ProjectRow), "Project": new(apiclient.Project),
		"Welcome": new(apiclient.Welcome), "CurrentUser": new(apiclient.CurrentUser), "PersonalApiKey": new(apiclient.PersonalAPIKey),
		"UserBasic": new(apiclient.UserBasic),
	}
}

func TestEveryDocumentedFieldIsReadAndWrittenAgain(t *testing.T) {
	for name, value := range documented() {
		for _, nulls := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, nulls %v", name, nulls), func(t *testing.T) {
				samples := newSamples(t, nulls)
				text := samples.text(t, name)
				if err := json.Unmarshal([]byte(text), value); err != nil {
					t.Fatal(err)
				}
				data, err := json.Marshal(value)
				if err != nil {
					t.Fatal(err)
				}
				var got, want any
				for text, into := range map[string]*any{string(data): &got, text: &want} {
					if err := json.Unmarshal([]byte(text), into); err != nil {
						t.Fatal(err)
					}
				}
				compare(t, name, got, want)
				if strings.Contains(string(data), "phs_sampleSecret") {
					t.Error("a secret was written whole")
				}
			})
		}
	}
}

// compare reports every place where got differs from want, except that secrets
// are masked, and that a null may be left out.
func compare(t *testing.T, at string, got, want any) {
	t.Helper()
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			t.Errorf("%s: %v, want an object", at, got)
			return
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			value, present := object[name]
			if !present && want[name] != nil {
				t.Errorf("%s.%s was lost", at, name)
				continue
			}
			compare(t, at+"."+name, value, want[name])
		}
	case []any:
		rows, ok := got.([]any)
		if !ok || len(rows) != len(want) {
			t.Errorf("%s: %v, want %v", at, got, want)
			return
		}
		for i := range want {
			compare(t, fmt.Sprintf("%s[%d]", at, i), rows[i], want[i])
		}
	case string:
		if strings.HasPrefix(want, "phs_") || at == "PersonalApiKey.value" {
			want = redact.Mask(want)
		}
		if got != want {
			t.Errorf("%s: %v, want %q", at, got, want)
		}
	default:
		if got != want {
			t.Errorf("%s: %v, want %v", at, got, want)
		}
	}
}

// Fields that the document requires stay in the JSON even when they are null.
func TestARequiredNullIsWrittenAsNull(t *testing.T) {
	samples := newSamples(t, true)
	for name, value := range documented() {
		if err := json.Unmarshal([]byte(samples.text(t, name)), value); err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(data, &object); err != nil {
			t.Fatal(err)
		}
		required, _ := samples.schemas[name].(map[string]any)["required"].([]any)
		if len(required) == 0 {
			t.Errorf("%s has no required fields: is it the right schema?", name)
		}
		for _, field := range required {
			if _, present := object[field.(string)]; !present {
				t.Errorf("%s.%s was left out", name, field)
			}
		}
	}
}

func TestAnAvatarOfAnotherShapeDoesNotSpoilAPerson(t *testing.T) {
	text := strings.Replace(userJSON, `"hedgehog_config":null`, `"hedgehog_config":{"accessories":7,"color":"red","version":2}`, 1)
	var user apiclient.UserBasic
	if err := json.Unmarshal([]byte(text), &user); err != nil {
		t.Fatal(err)
	}
	if user.HedgehogConfig == nil || user.HedgehogConfig.Color == nil || *user.HedgehogConfig.Color != "red" || user.Email != "ana@example.com" {
		t.Errorf("got %+v", user)
	}
}

func TestEmptyMembersOfARoleAreDropped(t *testing.T) {
	s := newStage(t)
	s.answer(200, strings.Replace(roleJSON, `"members":[]`, `"members":[{},`+membershipJSON+`,{}]`, 1))
	role, err := s.reader(t).Role(testContext(t), organization, roleID)
	if err != nil {
		t.Fatal(err)
	}
	if len(role.Members) != 1 || role.Members[0].ID != membershipID {
		t.Errorf("members %+v", role.Members)
	}
}

func TestLevelsHaveWords(t *testing.T) {
	for level, want := range map[apiclient.Level]string{
		apiclient.LevelMember: "member", apiclient.LevelAdministrator: "administrator", apiclient.LevelOwner: "owner", 4: "level 4",
	} {
		if level.String() != want {
			t.Errorf("%d is %q, want %q", int(level), level.String(), want)
		}
	}
}

func TestConversationSettingsAreWrittenWithoutTheirSecrets(t *testing.T) {
	const raw = `{"widget_token":"abcdefghijklmnop1234","deep":{"apiKeys":["k1-abcdefghijklmnop",12345678901234567890]},"Client_Secret":{"value":"hidden-hidden-hidden"},` +
		`"color":"#fff","note":"see phs_0123456789abcdefghij","count":3,"on":true,"none":null}`
	var settings apiclient.MaskedJSON
	if err := json.Unmarshal([]byte(raw), &settings); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{string(data), settings.String(), fmt.Sprintf("%v %+v %#v %s %q", settings, settings, settings, settings, settings)} {
		for _, secret := range []string{"abcdefghijklmnop", "12345678901234567890", "hidden-hidden", "phs_0123456789"} {
			if strings.Contains(shown, secret) {
				t.Errorf("%s shows %s", shown, secret)
			}
		}
		for _, plain := range []string{"color", "#fff", "count", "none"} {
			if !strings.Contains(shown, plain) {
				t.Errorf("%s lost %s", shown, plain)
			}
		}
	}
	if string(settings.Reveal()) != raw {
		t.Errorf("revealed %s", settings.Reveal())
	}
}
