package cli_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"posthog-org-mcp/cli"
)

func TestAnswersAreLaidOutForPeople(t *testing.T) {
	for _, test := range []struct {
		name, answer string
		width        int
		want         string
	}{
		{"nothing", `{}`, 0, ``},
		{"names and values", `{"total":6,"a_longer_name":true,"none":null,"text":"x y","number":1.50,"list":["a","b, c",3],"empty":[]}`, 0, `
total          6
a_longer_name  true
none           -
text           x y
number         1.50
list           a, b, c, 3
empty          none`},
		{"a list", `{"total":2,"roles":[{"id":"1","name":"Engineering","is_default":true},{"id":"22","name":"Ops","note":null}]}`, 0, `
total  2

roles
  ID  NAME         IS_DEFAULT  NOTE
  1   Engineering  true
  22  Ops                      -`},
		{"an object with a list", `{"role":{"id":"1","members":[{"name":"Ana"}],"name":"Support"},"changed":false}`, 0, `
changed  false

role
  id    1
  name  Support

  members
    NAME
    Ana`},
		{"a table that just fits", `{"rows":[{"a":"12345","b":"1"}]}`, 10, `
rows
  A      B
  12345  1`},
		{"a table that is too wide", `{"rows":[{"a":"123456","b":"1"},{"a":"1","b":"2"}]}`, 10, `
rows
  a  123456
  b  1

  a  1
  b  2`},
		{"rows that hold more than words", `{"rows":[{"a":1,"b":{"c":2}},5]}`, 0, `
rows
  a  1

  b
    c  2

  5`},
		{"lists of lists", `{"rows":[[1,2],[3]]}`, 0, `
rows
  [1,2]

  [3]`},
		{"the call that takes it back", `{"undo":{"tool":"undo","arguments":{"id":"k3f9q2m7ab"}}}`, 0, `
undo  posthog-org-mcp undo k3f9q2m7ab`},
		{"another call", `{"undo":{"tool":"roles-update","arguments":{"role":"A B"}}}`, 0, `
undo  posthog-org-mcp call roles-update --role 'A B'`},
		{"something else that is called undo", `{"undo":{"by":"hand"}}`, 0, `
undo
  by  hand`},
		{"what a terminal would obey", `{"a\u001b[2J":"b\u001b]0;x\u0007","c":[{"d\u009b":"\u202egnp.exe\n"}]}`, 0, `
a\x1b[2J  b\x1b]0;x\a

c
  D\u009b
  \u202egnp.exe\n`},
		{"characters of any width", `{"rows":[{"name":"张伟","x":1},{"name":"Ağ","x":2},{"name":"ليلى","x":3},{"name":"e\u0301","x":4}]}`, 0, `
rows
  NAME  X
  张伟  1
  Ağ    2
  ليلى  3
  é     4`},
	} {
		got, err := cli.LayOut(test.answer, test.width)
		want := strings.TrimPrefix(test.want+"\n", "\n")
		if test.name == "characters of any width" {
			want = strings.Replace(want, "é ", "e\u0301 ", 1)
		}
		if err != nil || got != want {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", test.name, err, got, want)
		}
	}
}

func TestWhatIsNoObjectCannotBeLaidOut(t *testing.T) {
	for _, answer := range []string{``, `[]`, `5`, `{"a":`} {
		if laidOut, err := cli.LayOut(answer, 0); err == nil {
			t.Errorf("%q is laid out as %q", answer, laidOut)
		}
	}
}

// Whatever the API sends, the program does not stop, and no control character
// gets through.
func FuzzAnyAnswerIsLaidOutWithoutControlCharacters(f *testing.F) {
	for _, seed := range []string{`{"a":[{"b":[]},{"b":[{}]},null]}`, `{"":{"":[[]]}}`, `{"a":"\u001b\u202e\ud800"}`, `{"undo":{"tool":"x","arguments":{"a":"-\u0007"}}}`} {
		f.Add(seed, 20)
	}
	f.Fuzz(func(t *testing.T, answer string, width int) {
		laidOut, err := cli.LayOut(answer, width)
		if !json.Valid([]byte(answer)) && err == nil {
			t.Errorf("%q is no JSON", answer)
		}
		if strings.ContainsAny(laidOut, "\x1b\x07\r\x00\u009b\u202e") {
			t.Errorf("%q", laidOut)
		}
	})
}

func TestJSONIsPrintedWithEscapesForWhatATerminalObeys(t *testing.T) {
	original := "{\"a\":\"x\u009b1m \u202e\u200b \U000e0041 é 张 \x7f \\u001b\"}"
	printed := cli.PlainJSON(original)
	if want := `{"a":"x\u009b1m \u202e\u200b \udb40\udc41 é 张 \u007f \u001b"}`; printed != want {
		t.Errorf("got %s, want %s", printed, want)
	}
	var before, after any
	if json.Unmarshal([]byte(original), &before) != nil || json.Unmarshal([]byte(printed), &after) != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("%v became %v", before, after)
	}
}

func TestACallIsWrittenAsAShellTakesIt(t *testing.T) {
	for arguments, want := range map[string]string{
		``:                              ``,
		`{}`:                            ``,
		`{"role":"Support"}`:            ` --role Support`,
		`{"provider_role_id":"a b"}`:    ` --provider-role-id 'a b'`,
		`{"name":"O'Brien & $HOME"}`:    ` --name 'O'\''Brien & $HOME'`,
		`{"name":""}`:                   ` --name ''`,
		`{"limit":3,"ok":true}`:         ` --limit 3 --ok=true`,
		`{"order":"-joined_at"}`:        ` --order=-joined_at`,
		`{"members":["a@b.c","x, y"]}`:  ` --members a@b.c --members 'x, y'`,
		`{"settings":{"timezone":"x"}}`: ` --settings '{"timezone":"x"}'`,
	} {
		if got := cli.CommandLine("a-tool", arguments); got != "posthog-org-mcp call a-tool"+want {
			t.Errorf("%s: %s", arguments, got)
		}
	}
}

func TestACallIsTypedSoThatNoShellOfWindowsRunsWhatIsInANameInIt(t *testing.T) {
	for arguments, want := range map[string]string{
		`{"role":"Support"}`:                ` --role Support`,
		`{"role":"Data & Analytics"}`:       ` --role "Data & Analytics"`,
		`{"role":"O'Brien"}`:                ` --role "O'Brien"`,
		`{"name":""}`:                       ` --name ""`,
		`{"members":["@me","a@b.c","a,b"]}`: ` --members "@me" --members a@b.c --members "a,b"`,
		`{"order":"-joined_at"}`:            ` --order=-joined_at`,
		`{"file":"C:\\a b\\"}`:              ` --file "C:\a b\\"`,
		`{"settings":{"timezone":"x"}}`:     ` --settings "{\"timezone\":\"x\"}"`,
		`{"role":"100% of $HOME"}`:          ` --role "…"`,
		`{"role":"50% off"}`:                ` --role "50% off"`,
		`{"role":"%PATH%"}`:                 ` --role "…"`,
		`{"role":"$(calc) isn't"}`:          ` --role '$(calc) isn''t'`,
		`{"role":"x\" ; calc ; \""}`:        ` --role "…"`,
		`{"role":"x\" & calc"}`:             ` --role "…"`,
		`{"role":"\u201d; calc; \u201c"}`:   " --role '\u201d; calc; \u201c'",
		`{"role":"$x\u2019; calc"}`:         " --role '$x\u2019\u2019; calc'",
		`{"role":"a\nb"}`:                   ` --role "…"`,
	} {
		if got := cli.CommandLineOn("windows", "a-tool", arguments); got != "posthog-org-mcp call a-tool"+want {
			t.Errorf("%s: %s", arguments, got)
		}
	}
}
