package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	orderedmap "github.com/pb33f/ordered-map/v2"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/handover"
	"posthog-org-mcp/harness"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/sandbox"
	"posthog-org-mcp/schemas"
	"posthog-org-mcp/tools"
)

// What takes the place of what differs from run to run.
const (
	shownHost         = "http://127.0.0.1:8010"
	shownSecrets      = "/home/maya/.local/state/posthog-org-mcp/tokens"
	shownToken        = "phs_…k8cT"
	shownConfirmation = "fze2iqgwtbycy2yklc6bvhtrusu6xgdzaezgydudnha4l4vvacfbgd4sodtqakuo"
	shownWrite        = "k3f9q2m7ab"
	shownUUID         = "0190f3a2-9000-7000-8000-%012d"
)

// shownTime is when all examples are played.
func shownTime() time.Time { return time.Date(2026, time.March, 2, 9, 0, 0, 0, time.UTC) }

// stage is a fresh sandbox whose clock stands still, and the catalog in front of it.
type stage struct {
	*harness.Stage
	secrets     string
	environment tools.Environment
	known       string          // holds the ids of all that the sandbox began with
	writes      map[string]bool // ids of writes in the journal
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{
		Stage:   harness.Backend(t, sandbox.Options{Now: shownTime}),
		secrets: filepath.Join(t.TempDir(), "secrets"), writes: map[string]bool{},
	}
	host, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	key := redact.NewSecret(sandbox.AdminKey)
	written := journal.New(journal.Options{Path: filepath.Join(t.TempDir(), "journal.jsonl")})
	t.Cleanup(func() { _ = written.Close() })
	reader, executor, err := changes.Connect(
		apiclient.Config{Host: host, Key: key, UserAgent: "posthog-org-mcp/test"},
		changes.Options{Journal: written, Secrets: handover.NewFiles(s.secrets)},
	)
	if err != nil {
		t.Fatal(err)
	}
	history := written.Reader()
	s.environment = tools.Environment{
		Reader: directory.New(reader, apiclient.CurrentOrganization), History: &history, Executor: executor, Redactor: redact.New(key),
	}
	for _, list := range []string{"external-reference-list", "roles-list", "members-list"} {
		s.known += string(s.call(t, list, json.RawMessage(`{"view":"full"}`)))
	}
	return s
}

// environ points a run of the program at the stage.
func (s *stage) environ(t *testing.T) []string {
	t.Helper()
	return append(atHome(t), "POSTHOG_HOST="+s.URL, "POSTHOG_PERSONAL_API_KEY="+sandbox.AdminKey)
}

// call calls a tool as a client does that cannot ask. It must not fail.
func (s *stage) call(t *testing.T, name string, arguments json.RawMessage) json.RawMessage {
	t.Helper()
	catalog := tools.Catalog()
	tool := catalog[slices.IndexFunc(catalog, func(tool tools.Tool) bool { return tool.Name == name })]
	answer := tool.Call(t.Context(), s.environment, tools.Request{Arguments: arguments})
	if answer.IsError {
		t.Fatalf("%s %s: %s", name, arguments, answer.JSON)
	}
	var back struct{ Undo *schemas.Undo }
	if json.Unmarshal(answer.JSON, &back) == nil && back.Undo != nil {
		s.writes[back.Undo.Arguments["id"]] = true
	}
	return answer.JSON
}

// exchange is a part of an example: arguments or an answer.
type exchange struct {
	title string
	json  string
}

// played is a tool's example with what it was really answered.
func played(t *testing.T, tool tools.Tool) []exchange {
	t.Helper()
	s := newStage(t)
	arguments := tool.Example()
	// What goes by the journal needs something in it.
	var write json.RawMessage
	if tool.Family == "journal" {
		write = s.call(t, "membership-add", json.RawMessage(`{"role":"Security","member":"ana.kovac@example.com"}`))
	}
	if tool.Name == "undo" {
		var written schemas.Written
		if err := json.Unmarshal(write, &written); err != nil {
			t.Fatal(err)
		}
		arguments = json.RawMessage(strings.Replace(string(arguments), shownWrite, written.Undo.Arguments["id"], 1))
	}
	answer := s.call(t, tool.Name, arguments)
	exchanges := []exchange{{"The arguments", s.settled(t, string(arguments))}}
	var preview struct{ Preview *schemas.Preview }
	if err := json.Unmarshal(answer, &preview); err != nil {
		t.Fatal(err)
	}
	if preview.Preview == nil {
		return append(exchanges, exchange{"The answer", s.settled(t, string(answer))})
	}
	exchanges = append(exchanges, exchange{"What a client that cannot ask its user is answered first", s.settled(t, string(answer))})
	confirmation := strings.TrimSuffix(string(arguments), "}") + `,"confirmation":"` + preview.Preview.Confirmation + `"}`
	answer = s.call(t, tool.Name, json.RawMessage(confirmation))
	return append(exchanges, exchange{"The answer after a yes, or to a second call with that confirmation", s.settled(t, string(answer))})
}

var (
	anyUUID         = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	anyTime         = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	anyConfirmation = regexp.MustCompile(`"confirmation":"[^"]+"`)
	anyToken        = regexp.MustCompile(`phs_…[A-Za-z0-9]{4}`)
	anySecretFile   = regexp.MustCompile(`127\.0\.0\.1-\d+-(project-\d+)-\d{8}T\d{6}Z`)
	anyWrite        = regexp.MustCompile(`undo [a-z0-9]{10}\b`)
)

// settled puts what is always the same in the place of what never is: addresses,
// new ids and tokens, and the time of this machine.
func (s *stage) settled(t *testing.T, text string) string {
	t.Helper()
	text = strings.ReplaceAll(text, s.URL, shownHost)
	text = strings.ReplaceAll(text, s.secrets, shownSecrets)
	text = strings.ReplaceAll(text, strings.ReplaceAll(s.secrets, `\`, `\\`), shownSecrets)
	text = anySecretFile.ReplaceAllString(text, "127.0.0.1-8010-$1-"+shownTime().Format("20060102T150405Z"))
	text = anyConfirmation.ReplaceAllString(text, `"confirmation":"`+shownConfirmation+`"`)
	text = anyWrite.ReplaceAllString(text, "undo "+shownWrite)
	for id := range s.writes {
		text = strings.ReplaceAll(text, id, shownWrite)
	}
	text = anyToken.ReplaceAllStringFunc(text, func(masked string) string {
		if masked == "phs_…0000" { // the seeded one
			return masked
		}
		return shownToken
	})
	var made []string
	text = anyUUID.ReplaceAllStringFunc(text, func(id string) string {
		if strings.HasPrefix(id, "0190f3a2-") || strings.Contains(s.known, id) {
			return id
		}
		if !slices.Contains(made, id) {
			made = append(made, id)
		}
		return fmt.Sprintf(shownUUID, slices.Index(made, id)+1)
	})
	return anyTime.ReplaceAllStringFunc(text, func(found string) string {
		at, err := time.Parse(time.RFC3339, found)
		if err != nil {
			t.Fatal(err)
		}
		if at.After(shownTime()) {
			return shownTime().Format(time.RFC3339)
		}
		return found
	})
}

// widestJSON is how long a line of JSON may be that is not broken.
const widestJSON = 140

// readable breaks JSON into lines where it is too long for one.
func readable(compact string) string { return brokenUp(json.RawMessage(compact), "") }

func brokenUp(value json.RawMessage, indent string) string {
	if len(indent)+len([]rune(string(value))) <= widestJSON {
		return string(value)
	}
	deeper := indent + "  "
	var parts []string
	switch value[0] {
	case '{':
		var members orderedmap.OrderedMap[string, json.RawMessage]
		if json.Unmarshal(value, &members) != nil {
			return string(value)
		}
		for pair := members.Oldest(); pair != nil; pair = pair.Next() {
			parts = append(parts, fmt.Sprintf("%s%q: %s", deeper, pair.Key, brokenUp(bytes.TrimSpace(pair.Value), deeper)))
		}
		return "{\n" + strings.Join(parts, ",\n") + "\n" + indent + "}"
	case '[':
		var elements []json.RawMessage
		if json.Unmarshal(value, &elements) != nil {
			return string(value)
		}
		for _, element := range elements {
			parts = append(parts, deeper+brokenUp(element, deeper))
		}
		return "[\n" + strings.Join(parts, ",\n") + "\n" + indent + "]"
	}
	return string(value)
}
