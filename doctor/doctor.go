// Package doctor finds out why the program does not work here, and says what to
// do about it. A check is one value: its name, the checks that it stands on, and
// a function that looks and returns what it found. Checks run side by side, and
// what stands on a faulty one is not looked at: so the cause stands alone, without
// its ten consequences.
//
// It changes nothing: no request writes, no file stays behind, and the only
// programs that it starts are those of entries that start this one.
package doctor

import (
	"context"
	"crypto/x509"
	"net"
	"net/url"
	"runtime"
	"time"

	"posthog-org-mcp/assistants"
	"posthog-org-mcp/config"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/tools"
)

// State is how a check came out.
type State string

// The states. Skipped is what another fault kept from being looked at.
const (
	OK      State = "ok"
	Warning State = "warning"
	Fault   State = "fault"
	Skipped State = "skipped"
)

// Finding is what one check found.
type Finding struct {
	Check string `json:"check"`
	State State  `json:"state"`
	// What is one line. Other people's text in it is quoted.
	What string `json:"what"`
	// Next is what to do; empty when nothing is.
	Next string `json:"next,omitempty"`
	// Details are lines that few need.
	Details []string `json:"details,omitempty"`

	because string // of a skipped one: the check whose fault it is
}

// Subject is what is examined.
type Subject struct {
	// Version and Commit are those of the build.
	Version, Commit string
	// Settings are what the run was told. Host and key may be missing in it.
	Settings config.Explanation
	// Environment is what a call would work with; nil where there is no host or
	// no key to work with.
	Environment *tools.Environment
	// UserAgent names the program to the host.
	UserAgent string
	// Environ is the process's environment, as os.Environ gives it.
	Environ []string
	// Retyped has the settings of an entry as they are typed after install; false
	// where it gives something else as well. It shows no secret.
	Retyped func(args []string, env []assistants.Variable) (Settings, bool)
	// World is everything outside of the program.
	World World
}

// Settings are an entry's, as they are typed.
type Settings struct {
	Flags   string // quoted for a shell
	Besides string // a sentence about what is not shown; "" for nothing
}

// World is what the checks meet outside of the program. Real returns it.
type World struct {
	Now    func() time.Time
	LookUp func(ctx context.Context, name string) ([]string, error)
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	// Roots are the authorities that are trusted; nil is the system's.
	Roots *x509.CertPool
	// Regions are those of PostHog Cloud. A key is tried in no other place than
	// the configured one and these.
	Regions []Region
	// Executable is this program's own file.
	Executable func() (string, error)
	// Entries are the clients' entries that start this program.
	Entries func(environ []string) []assistants.Entry
}

// Region is one of PostHog Cloud's.
type Region struct {
	Name string // as POSTHOG_HOST takes it
	Host *url.URL
}

// Real is the world as it is, on this machine.
func Real() World {
	return World{
		Now:    time.Now,
		LookUp: net.DefaultResolver.LookupHost,
		Dial:   new(net.Dialer).DialContext,
		Regions: []Region{
			{"us", &url.URL{Scheme: "https", Host: "us.posthog.com"}},
			{"eu", &url.URL{Scheme: "https", Host: "eu.posthog.com"}},
		},
		Executable: executable,
		Entries: func(environ []string) []assistants.Entry {
			return assistants.Entries(assistants.ThisMachine(environ))
		},
	}
}

// The bounds of an examination. A healthy one takes a fraction of them.
const (
	// LongestStage bounds each step of the way to PostHog, and each client's start.
	LongestStage = 5 * time.Second
	longestCheck = 12 * time.Second
)

// Report is what an examination found.
type Report struct {
	// Findings are in the order of the checks.
	Findings []Finding
	subject  Subject
	private  *privateWords
}

// Count returns how many findings are in a state.
func (r Report) Count(state State) int {
	count := 0
	for _, finding := range r.Findings {
		if finding.State == state {
			count++
		}
	}
	return count
}

// Examine runs all checks. It ends early, with what was found by then, when ctx
// does.
func Examine(ctx context.Context, subject Subject) Report {
	x := &examination{Subject: subject, private: newPrivateWords(subject, runtime.GOOS)}
	x.redactor = redact.New(subject.Settings.Config.Key, subject.Settings.Config.SigningSecret)
	findings := runChecks(ctx, x, checks(), longestCheck)
	for i := range findings {
		findings[i].What = x.redactor.Text(findings[i].What)
		findings[i].Next = x.redactor.Text(findings[i].Next)
		for j, detail := range findings[i].Details {
			findings[i].Details[j] = x.redactor.Text(detail)
		}
	}
	return Report{Findings: findings, subject: subject, private: x.private}
}

// examination is what the checks share. A check may read what those that it
// stands on have written here, and nothing else that others write.
type examination struct {
	Subject
	redactor *redact.Redactor
	private  *privateWords

	proxy  *url.URL     // by the check of that name; nil is none
	answer hostAnswer   // by connection
	held   accessRecord // by access
}

// host is where PostHog is; nil where the settings name no usable one.
func (x *examination) host() *url.URL { return x.Settings.Config.Host }

// hostName is the host as messages name it.
func (x *examination) hostName() string {
	name := x.host().Host
	if !x.isCloud() {
		x.private.add(name, "(host)")
		x.private.add(x.host().Hostname(), "(host)")
	}
	return name
}

// isCloud reports whether the host is one of PostHog Cloud's.
func (x *examination) isCloud() bool { return x.regionOf(x.host()) != "" }

func (x *examination) regionOf(host *url.URL) string {
	for _, region := range x.World.Regions {
		if region.Host.Host == host.Host {
			return region.Name
		}
	}
	return ""
}

// keyPage is where a key's scopes and limits are changed.
func (x *examination) keyPage() string { return x.webPage(config.KeyPage) }

// settingsPage is where an administrator changes the organization's rules.
func (x *examination) settingsPage() string { return x.webPage("/settings/organization") }

func (x *examination) webPage(path string) string {
	host := *x.host()
	x.hostName()
	return host.JoinPath(path).String()
}
