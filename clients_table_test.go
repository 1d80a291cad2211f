package main_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/assistants"
)

func TestThePageOnInstallingHasEveryClient(t *testing.T) {
	const page = "docs/install.md"
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	is := string(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
	before, rest, found := strings.Cut(is, "<!-- clients -->\n")
	_, after, closed := strings.Cut(rest, "<!-- /clients -->")
	if !found || !closed {
		t.Fatal("the page has no place for the table of clients")
	}
	want := before + "<!-- clients -->\n" + clientTable() + "<!-- /clients -->" + after
	if want == is {
		return
	}
	if !*update {
		t.Fatal("the table of clients is out of date; `go test . -update` writes it anew")
	}
	if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func clientTable() string {
	var out strings.Builder
	out.WriteString("| name | client | file | moved by | servers under |\n|---|---|---|---|---|\n")
	for _, client := range assistants.Clients() {
		var places, variables []string
		for _, system := range []struct{ name, title string }{{"linux", "Linux"}, {"darwin", "macOS"}, {"windows", "Windows"}} {
			var files []string
			for _, place := range client.Places(system.name) {
				file, variable := placeInWords(place, system.name)
				files = append(files, "`"+file+"`")
				if variable != "" && !slices.Contains(variables, "`"+variable+"`") {
					variables = append(variables, "`"+variable+"`")
				}
			}
			places = append(places, system.title+": "+strings.Join(files, " or "))
		}
		_, linux, _ := strings.Cut(places[0], ": ")
		if _, mac, _ := strings.Cut(places[1], ": "); mac == linux && strings.ReplaceAll(places[2], `\`, "/") == "Windows: "+linux {
			places = []string{linux}
		}
		fmt.Fprintf(&out, "| `%s` | %s | %s | %s | `%s` |\n", client.Name, client.Title, strings.Join(places, "<br>"), strings.Join(variables, ", "), client.Container())
	}
	return out.String()
}

// placeInWords is a place as the page shows it, and the variable of the client's
// own that moves it.
func placeInWords(place, system string) (file, variable string) {
	choice := regexp.MustCompile(`^\{(\w+) or ([^}]*)\}`)
	if match := choice.FindStringSubmatch(place); match != nil {
		replacement := match[2]
		switch match[1] {
		case "APPDATA", "LOCALAPPDATA":
			replacement = "%" + match[1] + "%"
		case "XDG_CONFIG_HOME":
		default:
			variable = match[1]
		}
		place = replacement + place[len(match[0]):]
	}
	if system == "windows" {
		place = strings.ReplaceAll(place, "/", `\`)
	}
	return place, variable
}
