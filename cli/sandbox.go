package cli

import (
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"posthog-org-mcp/sandbox"
)

// faultFlag is one misbehaviour that a user can ask for: of the next N requests.
type faultFlag struct {
	name  string
	kind  sandbox.FaultKind
	usage string
}

func faultFlags() []faultFlag {
	return []faultFlag{
		{"throttle", sandbox.Throttle, "answer the next N requests with 429"},
		{"fail", sandbox.Fail, "answer the next N requests with --fail-status"},
		{"cut-body", sandbox.CutBody, "cut the next N answers short"},
		{"empty-body", sandbox.EmptyBody, "answer the next N requests without a body"},
		{"garbage", sandbox.Garbage, "answer the next N requests with something that is not JSON"},
		{"wrong-shape", sandbox.WrongShape, "answer the next N requests with JSON of another shape"},
		{"endless-body", sandbox.EndlessBody, "answer the next N requests without ever coming to an end"},
		{"drop-before", sandbox.DropBefore, "close the connection of the next N requests, and do nothing"},
		{"drop-after", sandbox.DropAfter, "do what the next N requests ask, then close the connection"},
		{"hang", sandbox.Hang, "never answer the next N requests"},
		{"redirect", sandbox.Redirect, "send the next N requests to another host"},
	}
}

// sandboxFlags is what the sandbox command takes.
type sandboxFlags struct {
	address, data string
	faults        sandbox.Faults
	counts        []int // one for each of faultFlags
	status        int
	retryAfter    time.Duration
	method, path  string
}

func (a *app) sandbox() *cobra.Command {
	var given sandboxFlags
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run PostHog's organization API on this machine, with a made-up organization",
		Long: `Runs PostHog's organization API on this machine, with a made-up organization
and four keys to try it with, or a page to sign in at in the browser, which asks
for no password. It can be told to misbehave. Ctrl-C ends it.`,
		Example: `  posthog-org-mcp sandbox
  posthog-org-mcp sandbox --addr 127.0.0.1:8010 --data organization.db
  posthog-org-mcp sandbox --latency 300ms --throttle 2 --fault-path /roles/`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runSandbox(cmd, given) },
	}
	given.register(cmd.Flags())
	return cmd
}

func (f *sandboxFlags) register(flags *pflag.FlagSet) {
	flags.SortFlags = false
	flags.StringVar(&f.address, "addr", "127.0.0.1:0", "loopback `ADDRESS` to listen on; port 0 picks a free one")
	flags.StringVar(&f.data, "data", "", "SQLite `FILE` that keeps the organization between runs")
	flags.DurationVar(&f.faults.Latency, "latency", 0, "wait this `TIME` before each answer")
	flags.IntVar(&f.faults.RateLimit, "rate-limit", 0, "let a key make `N` requests a minute; 0 is PostHog's own 480")
	flags.BoolVar(&f.faults.HideMembers, "hide-members", false, "hide members from each other, as an organization may")
	flags.BoolVar(&f.faults.CloseActions, "closed-actions", false, "close token rotation, lookup and welcome to personal API keys, as some versions do")
	flags.BoolVar(&f.faults.NoProjectAdmin, "no-project-admin", false, "let no key rotate a project's token")
	flags.BoolVar(&f.faults.NoMemberKeys, "no-member-keys", false, "refuse the keys of plain members, as an organization may")
	flags.BoolVar(&f.faults.NewProjectKeys, "new-project-keys", false, "refuse to rotate a token that a project never had, as newer versions do")
	flags.BoolVar(&f.faults.ReadOnlyMCP, "read-only-mcp", false, "state in the organization's record the wish that MCP servers only read (stated, not enforced)")
	f.counts = make([]int, len(faultFlags()))
	for i, fault := range faultFlags() {
		flags.IntVar(&f.counts[i], fault.name, 0, strings.Replace(fault.usage, "N", "`N`", 1))
	}
	flags.IntVar(&f.status, "fail-status", http.StatusInternalServerError, "`STATUS` that --fail answers with")
	flags.DurationVar(&f.retryAfter, "retry-after", 0, "`TIME` that --throttle asks to wait")
	flags.StringVar(&f.method, "fault-method", "", "misbehave only for this HTTP `METHOD`")
	flags.StringVar(&f.path, "fault-path", "", "misbehave only where the path holds this `TEXT`")
	flags.SetNormalizeFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "close-actions" { // the imperative, like the other flags
			name = "closed-actions"
		}
		return pflag.NormalizedName(name)
	})
}

// options checks what pflag could not.
func (f *sandboxFlags) options(cmd *cobra.Command) (sandbox.Options, error) {
	for _, limit := range []struct {
		flag  string
		wrong bool
		want  string
	}{
		{"latency", f.faults.Latency < 0, "must not be negative"},
		{"rate-limit", f.faults.RateLimit < 0, "must not be negative"},
		{"retry-after", f.retryAfter < 0, "must not be negative"},
		{"fail-status", f.status < 400 || f.status > 599, "must be an HTTP error, 400 to 599"},
	} {
		if limit.wrong {
			return sandbox.Options{}, &usageError{cmd, fmt.Sprintf("--%s %s.", limit.flag, limit.want)}
		}
	}
	for i, fault := range faultFlags() {
		switch count := f.counts[i]; {
		case count < 0:
			return sandbox.Options{}, &usageError{cmd, fmt.Sprintf("--%s must not be negative.", fault.name)}
		case count > 0:
			next := sandbox.Fault{Kind: fault.kind, Times: count, Method: strings.ToUpper(f.method), PathContains: f.path}
			switch fault.kind {
			case sandbox.Fail:
				next.Status = f.status
			case sandbox.Throttle:
				next.RetryAfter = f.retryAfter
			}
			f.faults.Next = append(f.faults.Next, next)
		}
	}
	return sandbox.Options{DataFile: f.data, Faults: f.faults}, nil
}

func (a *app) runSandbox(cmd *cobra.Command, given sandboxFlags) error {
	options, err := given.options(cmd)
	if err != nil {
		return err
	}
	ctx, stop := untilInterrupted(cmd.Context())
	defer stop()
	box := sandbox.New(options)
	defer func() { _ = box.Close() }()
	if err := box.Open(ctx); err != nil {
		return fmt.Errorf("the sandbox's data cannot be opened: %w", err)
	}
	url, end, err := box.Serve(ctx, given.address)
	if err != nil {
		return fmt.Errorf("the sandbox cannot listen on %s: %w", given.address, err)
	}
	if err := announce(a.streams.Out, runtime.GOOS, url, given.data); err != nil {
		return err
	}
	<-ctx.Done()
	return end()
}

// announce tells how to use a running sandbox from the shells of a system. Its keys
// open nothing else.
func announce(out io.Writer, system, url, data string) error {
	kept := "in memory, gone when it stops"
	if data != "" {
		kept = data
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "PostHog's organization API, as a sandbox on this machine.\n\n")
	for _, row := range [][2]string{
		{"URL", url}, {"data", kept},
		{"owner's key", sandbox.OwnerKey}, {"admin's key", sandbox.AdminKey},
		{"member's key", sandbox.MemberKey}, {"read-only key", sandbox.ReadOnlyKey},
	} {
		fmt.Fprintf(table, "  %s\t%s\n", row[0], row[1])
	}
	fmt.Fprintf(table, "\nTry it:\n")
	roles := url + "/api/organizations/@current/roles/"
	if system == "windows" {
		fmt.Fprintf(table, "  curl.exe -H \"Authorization: Bearer %s\" \"%s\"\n", sandbox.AdminKey, roles)
		fmt.Fprintf(table, "In PowerShell:\n  $env:POSTHOG_HOST=\"%s\"; $env:POSTHOG_PERSONAL_API_KEY=\"%s\"; %s\n", url, sandbox.AdminKey, Name)
		fmt.Fprintf(table, "In the command prompt:\n  set \"POSTHOG_HOST=%s\" & set \"POSTHOG_PERSONAL_API_KEY=%s\" & %s\n", url, sandbox.AdminKey, Name)
	} else {
		fmt.Fprintf(table, "  curl -H 'Authorization: Bearer %s' %s\n", sandbox.AdminKey, roles)
		fmt.Fprintf(table, "  POSTHOG_HOST=%s POSTHOG_PERSONAL_API_KEY=%s %s\n", url, sandbox.AdminKey, Name)
	}
	fmt.Fprintf(table, "\nOr sign in in the browser, at a page that asks for no password:\n  %s login --host %s --oauth-client-id %s\n\nCtrl-C stops it.\n",
		Name, url, url+sandbox.ClientPath)
	return table.Flush()
}
