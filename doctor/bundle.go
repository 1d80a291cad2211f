package doctor

import (
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"

	"posthog-org-mcp/visible"
)

// Summary counts the findings, for the end of a report.
func (r Report) Summary() string {
	faults, warnings := r.Count(Fault), r.Count(Warning)
	switch {
	case faults+warnings == 0 && r.Count(Skipped) == 0:
		return "All is well."
	case faults == 0:
		return "It works, with " + counted(warnings, "warning") + "."
	}
	said := counted(faults, "fault")
	if warnings > 0 {
		said += ", " + counted(warnings, "warning")
	}
	if skipped := r.Count(Skipped); skipped > 0 {
		said += fmt.Sprintf(", %s not made because of that", counted(skipped, "check"))
	}
	return said + "."
}

// WriteBundle writes the report so that it is safe to post: without keys and
// tokens, and without the names, addresses and ids of people, organizations and
// installations, other than PostHog's own.
func (r Report) WriteBundle(to io.Writer) error {
	lines := []string{
		fmt.Sprintf("%s %s (commit %s), %s, %s/%s", programName, r.subject.Version, orUnknown(r.subject.Commit), runtime.Version(), runtime.GOOS, runtime.GOARCH),
		"Names, addresses, ids and keys are left out.",
	}
	for _, finding := range r.Findings {
		lines = append(lines, "", fmt.Sprintf("%-8s %s: %s", finding.State, finding.Check, finding.What))
		if finding.Next != "" {
			lines = append(lines, "         "+finding.Next)
		}
		for _, detail := range finding.Details {
			lines = append(lines, "         - "+detail)
		}
	}
	lines = append(lines, "", "Variables that are set: "+list(r.setVariables()), r.Summary())
	for i, line := range lines {
		lines[i] = r.private.text(visible.Line(line)) + "\n"
	}
	_, err := io.WriteString(to, strings.Join(lines, ""))
	return err
}

// setVariables are the names of variables that may matter, without their values.
func (r Report) setVariables() []string {
	var names []string
	for _, pair := range r.subject.Environ {
		name, value, _ := strings.Cut(pair, "=")
		upper := strings.ToUpper(name)
		if value != "" && (strings.HasPrefix(upper, "POSTHOG_") || strings.HasSuffix(upper, "_PROXY") || strings.HasPrefix(upper, "SSL_CERT_") || upper == "GODEBUG") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func orUnknown(text string) string {
	if text == "" {
		return "unknown"
	}
	return text
}
