package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/changes"
	"posthog-org-mcp/config"
	"posthog-org-mcp/directory"
	"posthog-org-mcp/handover"
	"posthog-org-mcp/journal"
	"posthog-org-mcp/seal"
	"posthog-org-mcp/tools"
)

// parts are what a call works with, joined as the settings say.
type parts struct {
	environment tools.Environment
	offered     []tools.Tool
	withheld    map[string]string // by name: why a tool is not offered
	// close ends what was opened, and removes what was kept for this run alone.
	close func() error
}

// joined has use work with the parts that the settings ask for, the sandbox
// included, and ends them afterwards.
func (a *app) joined(ctx context.Context, settings config.Config, use func(parts) error) (err error) {
	if settings.Sandbox {
		var stop func() error
		if settings, stop, err = withSandbox(ctx, settings); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	p, err := a.connect(settings)
	if err != nil {
		return err
	}
	defer func() {
		if failed := p.close(); failed != nil {
			err = errors.Join(err, fmt.Errorf("end the run: %w", failed))
		}
	}()
	return use(p)
}

// connect joins the parts. It sends nothing, and touches no file.
func (a *app) connect(settings config.Config) (parts, error) {
	catalog := tools.Catalog()
	limits, err := limitsOf(settings, catalog)
	if err != nil {
		return parts{}, err
	}
	sealer, err := seal.New([]byte(settings.SigningSecret.Reveal()))
	if err != nil {
		return parts{}, err
	}
	kept := a.places(settings)
	reader, executor, err := changes.Connect(apiclient.Config{
		Host:      settings.Host,
		Key:       settings.Key,
		Keys:      settings.Keys,
		Redactor:  a.redactor,
		UserAgent: a.build.userAgent(),
		Timeouts:  settings.Timeouts,
		Rate:      apiclient.Rate{PerMinute: settings.RequestsPerMinute, PerHour: 10 * settings.RequestsPerMinute},
		Logger:    a.log,
	}, changes.Options{
		Limits: changes.Limits{
			ReadOnly: settings.ReadOnly, DryRun: settings.DryRun,
			Without: limits.Without(catalog), Organizations: settings.Organizations,
		},
		Confirm: confirmMode(settings.Confirm),
		Sealer:  sealer, Journal: kept.journal, Secrets: kept.secrets,
		Site: site(settings),
	})
	if err != nil {
		return parts{}, err
	}
	p := parts{
		environment: tools.Environment{
			Reader:           directory.New(reader, settings.Organization),
			Executor:         executor,
			Holder:           executor.Holder(),
			Profile:          settings.Profile,
			Redactor:         a.redactor,
			Limits:           limits,
			MaxResultBytes:   settings.MaxResultBytes,
			SecretsInResults: settings.AllowSecretsInResults,
		},
		close: kept.close,
	}
	if kept.journal != nil {
		history := kept.journal.Reader()
		p.environment.History = &history
	}
	p.offered, p.withheld = limits.Split(catalog)
	return p, nil
}

// limitsOf are the operator's limits, if they make sense and leave a tool.
func limitsOf(settings config.Config, catalog []tools.Tool) (tools.Limits, error) {
	limits := tools.Limits{
		ReadOnly: settings.ReadOnly, Only: settings.Tools, Except: settings.ExcludeTools,
		Organizations: settings.Organizations,
	}
	if err := limits.Check(catalog); err != nil {
		return tools.Limits{}, &config.Error{Problems: []config.Problem{{
			Where: "--tools or --exclude-tools", What: "cannot be used: " + err.Error() + ".",
			Next: "Use names of tools, families or effects, with commas between.",
		}}}
	}
	if offered, _ := limits.Split(catalog); len(offered) == 0 {
		return tools.Limits{}, &config.Error{Problems: []config.Problem{{
			Where: "--tools, --exclude-tools and --read-only", What: "leave no tool together.", Next: "Take one of them back.",
		}}}
	}
	return limits, nil
}

// site names a sandbox that keeps its data by its file: it listens on another
// port each time. Everything else goes by its address.
func site(settings config.Config) string {
	if settings.SandboxData == "" {
		return ""
	}
	file, err := filepath.Abs(settings.SandboxData)
	if err != nil {
		return ""
	}
	return "sandbox:" + filepath.ToSlash(file)
}

func confirmMode(confirm config.Confirm) changes.Mode {
	switch confirm {
	case config.ConfirmPreview:
		return changes.Preview
	case config.ConfirmNever:
		return changes.Never
	default:
		return changes.Ask
	}
}

// places are where things are kept that must not be lost.
type places struct {
	journal *journal.Journal // nil: none is kept
	secrets handover.Place   // nil: rotated tokens go nowhere
	close   func() error
}

// places finds them. A sandbox that keeps nothing has a folder of its own, made
// when it is needed and gone at the end.
func (a *app) places(settings config.Config) places {
	var closers []func() error
	temporary := filepath.Join(os.TempDir(), Name+"-"+journal.NewID())
	if settings.JournalTemporary {
		settings.Journal = filepath.Join(temporary, "journal.jsonl")
	}
	if settings.SecretDir == "" && settings.Sandbox {
		settings.SecretDir = filepath.Join(temporary, "secrets")
	}
	closers = append(closers, func() error { return os.RemoveAll(temporary) })

	var kept places
	if settings.Journal != "" {
		kept.journal = journal.New(journal.Options{Path: settings.Journal, Redact: a.redactor.Text})
		closers = append(closers, kept.journal.Close)
	}
	switch {
	case settings.AllowSecretsInResults:
	case settings.SecretsTo == config.SecretsToPage:
		pages := handover.NewPages(0)
		kept.secrets = pages
		closers = append(closers, pages.Close)
	case settings.SecretDir != "":
		kept.secrets = handover.NewFiles(settings.SecretDir)
	}
	slices.Reverse(closers)
	kept.close = func() error {
		var errs []error
		for _, end := range closers {
			errs = append(errs, end())
		}
		return errors.Join(errs...)
	}
	return kept
}

// recoverWrites tells what became of writes that earlier runs had begun and not
// ended. Without any it sends nothing.
func (a *app) recoverWrites(ctx context.Context, executor *changes.Executor) {
	settled, err := executor.Recover(ctx)
	for _, entry := range settled {
		a.log.WarnContext(ctx, "an earlier run ended in the middle of a write",
			"id", entry.ID, "change", entry.Summary, "outcome", string(entry.Outcome.State), "reason", entry.Outcome.Reason)
	}
	if err != nil && ctx.Err() == nil {
		a.log.WarnContext(ctx, "the journal could not be searched for writes that an earlier run had begun", "error", err)
	}
}
