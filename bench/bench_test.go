package main

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"posthog-org-mcp/sandbox"
)

func needPrograms(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and runs the programs")
	}
}

// Whether the machine keeps the bounds while other tests run is not this test's
// to say; that everything is measured is.
func TestAQuickRunMeasuresEverything(t *testing.T) {
	needPrograms(t)
	var out, errs bytes.Buffer
	code := run(t.Context(), []string{"--quick", "--json"}, &out, &errs)
	var got report
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("exit code %d, %v:\n%s", code, err, errs.String())
	}
	if want := map[bool]int{true: 0, false: 1}[got.OK]; code != want {
		t.Errorf("exit code %d of a report that is ok: %v", code, got.OK)
	}
	bounds := map[string]int{}
	for _, line := range got.Lines {
		measurable := line.Unit != inMegabytes || got.Machine.System == "linux/amd64" || got.Machine.System == "linux/arm64"
		if measurable && (line.Runs == 0 || line.Median > line.Max || line.Median < line.Min || line.Unit != inRequests && line.Min <= 0) {
			t.Errorf("%s, %s: %+v", line.Group, line.Name, line.summary)
		}
		if line.Score != nil && line.Score.OK != nil {
			bounds[line.Unit]++
		}
	}
	want := map[string]int{inMilliseconds: 2*2 + 2 + 1, inRequests: 1, inMegabytes: 2, inBytes: 1}
	if !strings.HasPrefix(got.Machine.System, "linux/") {
		delete(want, inMegabytes)
	}
	for unit, number := range want {
		if bounds[unit] != number {
			t.Errorf("%d lines in %s are held to a bound, not %d", bounds[unit], unit, number)
		}
	}
}

// Otherwise the two would not be comparable.
func TestTheDirectRequestsAreThoseThatTheServerMakes(t *testing.T) {
	needPrograms(t)
	box := sandbox.New(sandbox.Options{})
	t.Cleanup(func() { _ = box.Close() })
	url, stop, err := box.Serve(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stop() })
	b, err := prepare(t.Context(), t.TempDir(), quickRuns(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	stage, err := b.openStageAt(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stage.abandon)

	for _, asked := range typicalCalls() {
		box.ForgetRequests()
		if _, _, err := stage.throughServer(asked); err != nil {
			t.Fatal(err)
		}
		ours := described(box.Requests())
		box.ForgetRequests()
		if _, err := stage.direct(t.Context(), asked.requests); err != nil {
			t.Fatal(err)
		}
		direct := described(box.Requests())
		if len(ours) != len(asked.requests) || !slices.Equal(ours, direct) {
			t.Errorf("%s: the server made %q, the direct way makes %q", asked.name, ours, direct)
		}
	}
	if err := stage.end(); err != nil {
		t.Error(err)
	}
}

func described(requests []sandbox.Request) []string {
	var all []string
	for _, request := range requests {
		all = append(all, request.Method+" "+request.Path+"?"+request.RawQuery+" "+request.KeyOwner)
	}
	return all
}

func TestThePeerHasAsManyToolsAsItIsTold(t *testing.T) {
	needPrograms(t)
	path, err := build(t.Context(), t.TempDir(), peerPackage)
	if err != nil {
		t.Fatal(err)
	}
	told, err := introduce(t.Context(), program{path: path, args: []string{"18"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(told.tools) != 18 {
		t.Errorf("it has %d", len(told.tools))
	}
	for _, tool := range told.tools {
		if !bytes.Contains(tool, []byte(`"inputSchema":{"type":"object"`)) || !bytes.Contains(tool, []byte(`"outputSchema":{"type":"object"`)) {
			t.Errorf("a tool lacks a schema: %s", tool)
		}
	}
}

func TestAWrongCommandLineEndsWithTwo(t *testing.T) {
	for _, args := range [][]string{{"--frobnicate"}, {"start"}, {"--quick", "now"}} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, &out, &errs); code != 2 || out.Len() > 0 || errs.Len() == 0 {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q", args, code, out.String(), errs.String())
		}
	}
}

func TestAChildThatFailsIsReportedWithWhatItSaid(t *testing.T) {
	needPrograms(t)
	path, err := build(t.Context(), t.TempDir(), peerPackage)
	if err != nil {
		t.Fatal(err)
	}
	_, err = introduce(t.Context(), program{path: path, args: []string{"many"}})
	if err == nil || !strings.Contains(err.Error(), "the number of tools") {
		t.Errorf("got %v", err)
	}
}

func TestAnAnswerThatIsAnErrorIsNoResult(t *testing.T) {
	good := []byte(`{"jsonrpc":"2.0","id":2,"result":{"tools":[]}}`)
	for _, test := range []struct {
		name  string
		lines [][]byte
	}{
		{"an error", [][]byte{[]byte(`{"jsonrpc":"2.0","id":2,"error":{"code":-32603,"message":"no"}}`)}},
		{"an error beside it", [][]byte{good, []byte(`{"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"no"}}`)}},
		{"another id", [][]byte{[]byte(`{"jsonrpc":"2.0","id":3,"result":{}}`)}},
		{"no frame", [][]byte{[]byte(`listening`)}},
		{"nothing", nil},
	} {
		if got, err := resultOf(listID, test.lines); err == nil {
			t.Errorf("%s: got %s", test.name, got)
		}
	}
	if got, err := resultOf(listID, [][]byte{good}); err != nil || string(got) != `{"tools":[]}` {
		t.Errorf("got %s, %v", got, err)
	}
	for _, result := range []string{`{"isError":true,"content":[{"type":"text","text":"no"}]}`, `{"content":[]}`, `[]`} {
		if text, err := textOf(json.RawMessage(result)); err == nil {
			t.Errorf("%s: got %q", result, text)
		}
	}
}
