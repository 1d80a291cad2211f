package e2e_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"posthog-org-mcp/harness"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/sandbox"
)

// killedWrites is how many writes each round of the test makes.
const killedWrites = 50

// slowAnswer is longer than it takes to kill a process that waits for an answer.
const slowAnswer = 20 * time.Millisecond

// The process is killed at random moments. What it had reported as done is done
// and in the journal; what it had begun is found and told at the next start.
func TestAServerThatIsKilledLosesAndDoublesNothing(t *testing.T) {
	t.Parallel()
	for round := range 3 {
		seed := rand.Uint64()
		t.Run(fmt.Sprintf("round %d, seed %d", round, seed), func(t *testing.T) {
			t.Parallel()
			newKillings(t, seed).play()
		})
	}
}

// killings is one round: a user whose server is killed again and again.
type killings struct {
	*testing.T
	account
	stage    *harness.Stage
	random   *rand.Rand
	session  *harness.Session
	reported map[string]bool // the ids of calls that the client was told are done
	named    int             // roles that were named so far
	kills    int
	open     int // writes that were begun and not ended when a process was killed
	made     int // of those: how many PostHog had carried out
}

func newKillings(t *testing.T, seed uint64) *killings {
	stage := harness.Backend(t, sandbox.Options{Faults: sandbox.Faults{RateLimit: 100_000}})
	k := &killings{
		T: t, stage: stage, account: newAccount(t, unhurried(unasked(stage.Env()))),
		random: rand.New(rand.NewPCG(seed, 0)), reported: map[string]bool{},
	}
	k.session = k.start(t)
	return k
}

func (k *killings) play() {
	for range killedWrites {
		try := k.next()
		if k.random.IntN(3) > 0 {
			k.write(try)
		} else {
			k.writeAndKill(try)
			k.startAgain()
		}
		if k.Failed() {
			return
		}
	}
	k.session.Close()
	k.compare()
	k.Logf("%d kills, %d writes open at one, %d of them made", k.kills, k.open, k.made)
	if k.open == 0 {
		k.Error("no kill struck in the middle of a write: the round has shown nothing")
	}
}

// next chooses a write that fits the organization as it is.
func (k *killings) next() trial {
	roles := k.roles()
	ours := slices.DeleteFunc(slices.Sorted(maps.Keys(roles)), func(name string) bool { return !strings.HasPrefix(name, "Shift ") })
	k.stage.Sandbox.SetFaults(sandbox.Faults{RateLimit: 100_000, Latency: time.Duration(k.random.IntN(5)) * time.Millisecond})
	people := []string{sandbox.AnaEmail, sandbox.RajEmail, sandbox.KimEmail, sandbox.NewcomerEmail}
	person := people[k.random.IntN(len(people))]
	k.named++
	fresh := fmt.Sprintf("Shift %d", k.named)
	what := k.random.IntN(5)
	if len(ours) == 0 || what == 0 {
		return trial{tool: "roles-create", args: values{"name": fresh}}
	}
	role := ours[k.random.IntN(len(ours))]
	switch {
	case what == 1:
		return trial{tool: "roles-update", args: values{"role": role, "name": fresh}}
	case what == 2:
		return trial{tool: "roles-delete", args: values{"role": role}}
	case slices.Contains(roles[role], person):
		return trial{tool: "membership-remove", args: values{"role": role, "member": person}}
	default:
		return trial{tool: "membership-add", args: values{"role": role, "member": person}}
	}
}

// write makes a write and remembers what the client was told.
func (k *killings) write(try trial) {
	k.note(try, k.session.Call(try.tool, try.args))
}

func (k *killings) note(try trial, result harness.Result) {
	id := undoID(result)
	if result.IsError || id == "" {
		k.Errorf("%s %v: %s", try.tool, try.args, result.Text)
		return
	}
	k.reported[id] = true
}

// writeAndKill begins a write and kills the process somewhere on its way, which
// its requests measure.
func (k *killings) writeAndKill(try trial) {
	before := len(k.stage.Sandbox.Requests())
	requests, toTheWrite := k.random.IntN(6), k.random.IntN(2) == 0
	if k.open == 0 {
		// One kill at least has to strike in the middle of a write, however fast the machine is.
		toTheWrite = true
		k.stage.Sandbox.SetFaults(sandbox.Faults{RateLimit: 100_000, Latency: slowAnswer})
	}
	call := k.session.BeginCall(try.tool, try.args)
	answered := make(chan struct{})
	var answer json.RawMessage
	var refused *harness.RPCError
	var gone error
	go func() {
		defer close(answered)
		answer, refused, gone = call.TryWait()
	}()
	for over := false; !over; {
		sent := k.stage.Sandbox.Requests()[before:]
		if toTheWrite {
			over = slices.ContainsFunc(sent, func(r sandbox.Request) bool { return r.Method != http.MethodGet })
		} else {
			over = len(sent) >= requests
		}
		select {
		case <-answered:
			over = true
		case <-time.After(100 * time.Microsecond):
		}
	}
	time.Sleep(time.Duration(k.random.IntN(4000)) * time.Microsecond)
	k.session.Signal(os.Kill)
	k.session.Wait()
	k.kills++
	<-answered
	switch {
	case gone != nil && !errors.Is(gone, harness.ErrGone):
		k.Error(gone)
	case refused != nil:
		k.Error(refused)
	case gone == nil:
		k.note(try, readResult(k.T, answer))
	}
}

// startAgain starts the program on the same journal and sees what it makes of
// what the last one left.
func (k *killings) startAgain() {
	var left []journal.Entry
	for _, entry := range k.entries(k.T) {
		if entry.Open() {
			left = append(left, entry)
		}
	}
	k.open += len(left)
	if len(left) > 1 {
		k.Errorf("%d writes are open, though one was made at a time", len(left))
	}
	before := k.roles()
	sent := len(writes(k.stage))
	k.session = k.start(k.T)
	for _, entry := range left {
		k.wantTold(entry, k.happened(entry, before))
	}
	for _, entry := range k.entries(k.T) {
		if entry.Open() {
			k.Errorf("still open: %s %s", entry.ID, entry.Summary)
		}
	}
	if again := writes(k.stage); len(again) != sent {
		k.Errorf("looking up what became of a write has sent %q", again[sent:])
	}
}

// wantTold waits until the journal and stderr say what became of a write.
func (k *killings) wantTold(left journal.Entry, happened bool) {
	var told journal.Entry
	waitUntil(k.T, func() bool {
		for _, entry := range k.entries(k.T) {
			if entry.ID == left.ID {
				told = entry
			}
		}
		return !told.Open() && strings.Contains(k.session.Stderr(), left.ID)
	})
	want := journal.Unknown // Nothing was found, but a minute has not passed.
	if happened {
		want = journal.Done
		k.made++
	}
	// A request on its way when the process died may be carried out while it is looked up.
	if later := k.happened(left, k.roles()); later && told.Outcome.State == journal.Done {
		want = journal.Done
	}
	if told.Outcome.State != want || !told.Outcome.Recovered || !told.Outcome.ReadBack {
		k.Errorf("%s %s: the outcome is %+v, want %s", left.ID, left.Summary, told.Outcome, want)
	}
	said := k.session.Stderr()
	if !strings.Contains(said, "level=WARN") || !strings.Contains(said, "an earlier run ended in the middle of a write") || !strings.Contains(said, "outcome="+string(told.Outcome.State)) {
		k.Errorf("stderr says %s", said)
	}
}

// happened reports whether a write is to be seen in the organization.
func (k *killings) happened(entry journal.Entry, roles map[string][]string) bool {
	var args struct{ Name, Role, Member string }
	if err := json.Unmarshal(entry.Arguments, &args); err != nil {
		k.Fatal(err)
	}
	people, there := roles[args.Role]
	_, named := roles[args.Name]
	switch entry.Tool {
	case "roles-create", "roles-update":
		return named
	case "roles-delete":
		return !there
	case "membership-add":
		return slices.Contains(people, args.Member)
	case "membership-remove":
		return !slices.Contains(people, args.Member)
	}
	k.Fatalf("what is %s?", entry.Tool)
	return false
}

// compare holds the whole journal to what PostHog was sent and has done.
func (k *killings) compare() {
	var carriedOut []string
	for _, request := range k.stage.Sandbox.Requests() {
		if request.Method == http.MethodGet {
			continue
		}
		if request.Status >= 300 {
			k.Errorf("%s %s was refused with %d: something was sent twice", request.Method, request.Path, request.Status)
		} else if request.Status > 0 {
			carriedOut = append(carriedOut, request.Method+" "+request.Path+" "+string(request.Body))
		}
	}
	var done, unknown []string
	ids := map[string]bool{}
	for _, entry := range k.entries(k.T) {
		ids[entry.Call] = true
		switch entry.Outcome.State {
		case journal.Done:
			done = append(done, entry.ID)
			delete(k.reported, entry.Call)
		case journal.Unknown:
			unknown = append(unknown, entry.ID)
		default:
			k.Errorf("%s %s: the outcome is %+v", entry.ID, entry.Summary, entry.Outcome)
		}
	}
	if len(k.reported) > 0 {
		k.Errorf("reported as done, and not so in the journal: %v", slices.Collect(maps.Keys(k.reported)))
	}
	// Each write was carried out at most once; what is unknown may have been.
	if len(carriedOut) < len(done) || len(carriedOut) > len(done)+len(unknown) {
		k.Errorf("PostHog has carried out %d writes; in the journal %d are done and %d unknown", len(carriedOut), len(done), len(unknown))
	}
	slices.Sort(carriedOut)
	if once := slices.Compact(slices.Clone(carriedOut)); len(once) != len(carriedOut) {
		// The same person may come into the same role again after having left it.
		for i := 1; i < len(carriedOut); i++ {
			if carriedOut[i] == carriedOut[i-1] && !strings.Contains(carriedOut[i], "/role_memberships/") {
				k.Errorf("carried out twice: %s", carriedOut[i])
			}
		}
	}
	if out := k.run(k.T, "journal", "--json", "--limit", "0"); out.ExitCode != 0 || strings.Count(out.Stdout, "\n") != len(done)+len(unknown) {
		k.Errorf("the command shows %d writes of %d: exit code %d, stderr %s", strings.Count(out.Stdout, "\n"), len(done)+len(unknown), out.ExitCode, out.Stderr)
	}
}

// roles are the roles as PostHog has them, each with who is in it.
func (k *killings) roles() map[string][]string {
	k.Helper()
	var page struct {
		Next    *string
		Results []struct {
			Name    string
			Members []struct {
				User struct{ Email string }
			}
		}
	}
	fetch(k.T, k.stage.URL+"/api/organizations/@current/roles/?limit=500", &page)
	if page.Next != nil {
		k.Fatal("there are too many roles for one page")
	}
	roles := map[string][]string{}
	for _, role := range page.Results {
		roles[role.Name] = []string{}
		for _, place := range role.Members {
			roles[role.Name] = append(roles[role.Name], place.User.Email)
		}
	}
	return roles
}

// fetch reads from a sandbox past the program.
func fetch(t *testing.T, address string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+sandbox.AdminKey)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %s %v", address, answer.StatusCode, body, err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatal(err)
	}
}

// readResult reads the answer of a tool.
func readResult(t *testing.T, raw json.RawMessage) harness.Result {
	t.Helper()
	var parts struct {
		IsError bool
		Content []struct{ Text string }
	}
	if err := json.Unmarshal(raw, &parts); err != nil || len(parts.Content) == 0 {
		t.Fatalf("%s: %v", raw, err)
	}
	return harness.Result{IsError: parts.IsError, Text: parts.Content[0].Text, Raw: raw}
}
