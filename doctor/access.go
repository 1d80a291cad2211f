package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/config"
	"posthog-org-mcp/holder"
)

// isPostHog tells by the answer to a request without a key whether this API is
// there.
func (x *examination) isPostHog(context.Context) Finding {
	host, answer := x.hostName(), x.answer
	advice := x.atHost("Set POSTHOG_HOST to us, eu, or the address under which your own PostHog is opened in a browser.")
	switch {
	case answer.status >= 300 && answer.status < 400:
		return x.redirected(answer)
	case answer.status >= 500:
		return fault(fmt.Sprintf("%s fails (%d).", host, answer.status), "Try again in a minute. If it goes on, see status.posthog.com, or the logs of your own PostHog.")
	case isRefusal(answer.body):
		return ok("%s is a PostHog.", host)
	case strings.Contains(answer.header.Get("Content-Type"), "html"):
		return fault(fmt.Sprintf("%s answers with a web page (%d), not as PostHog's API does.", host, answer.status), advice)
	}
	return fault(fmt.Sprintf("%s does not answer as PostHog's API does (%d).", host, answer.status), advice)
}

// isRefusal reports whether a body has the shape of this API's errors.
func isRefusal(body []byte) bool {
	var refusal struct {
		Type, Code, Detail string
	}
	return json.Unmarshal(body, &refusal) == nil && refusal.Type != "" && refusal.Code != ""
}

// redirected tells where a host points.
func (x *examination) redirected(answer hostAnswer) Finding {
	to, err := url.Parse(answer.header.Get("Location"))
	if err != nil || to.Host == "" {
		return fault(x.hostName()+" answers with a redirect that leads nowhere.", x.atHost("Correct POSTHOG_HOST."))
	}
	origin := x.hide(config.Quote(to.Scheme+"://"+to.Host), "(another host)")
	return fault(fmt.Sprintf("%s points to %s, and no key is sent after a redirect.", x.hostName(), origin),
		x.atHost("If that is your PostHog, set POSTHOG_HOST to it."))
}

// accessRecord is what PostHog tells of the key. Each error says why a part is
// not there.
type accessRecord struct {
	key        holder.Key
	owner      holder.Owner
	standing   holder.Standing
	noKey      error
	noOwner    error
	noStanding error
}

// access tells what PostHog knows of the key: whose it is and what it may do.
func (x *examination) access(ctx context.Context) Finding {
	env := x.Environment
	if env == nil {
		return skipped(checkSettings)
	}
	held := &x.held
	var reads sync.WaitGroup
	reads.Go(func() { held.key, held.noKey = env.Holder.Key(ctx) })
	reads.Go(func() { held.owner, held.noOwner = env.Holder.Owner(ctx) })
	reads.Go(func() { held.standing, held.noStanding = env.Holder.Standing(ctx, env.Reader.OrganizationID()) })
	reads.Wait()
	switch {
	case isLetIn(held.noKey) || isLetIn(held.noOwner) || isLetIn(held.noStanding):
		return x.holderOfKey()
	case errors.Is(held.noOwner, apiclient.ErrUnauthorized):
		return x.refusedKey(ctx)
	}
	return x.troubled("PostHog does not tell of the key", held.noOwner)
}

// isLetIn reports whether an answer shows that the key is a good one: some
// things may be closed to it.
func isLetIn(err error) bool {
	return err == nil || errors.Is(err, apiclient.ErrForbidden) || errors.Is(err, apiclient.ErrNotFound)
}

// refusedKey finds out whether a key is the other region's. Only PostHog's own
// hosts are asked.
func (x *examination) refusedKey(ctx context.Context) Finding {
	page := x.keyPage()
	if name := x.Settings.Config.Profile; name != "" {
		// Its key is sent to no other host.
		return fault(fmt.Sprintf("%s does not accept the key of the profile %s any more.", x.hostName(), x.hide(config.Quote(name), "(profile)")),
			"Sign in again: "+programName+" login --profile "+name+".")
	}
	if x.isCloud() {
		for _, region := range x.World.Regions {
			if region.Host.Host == x.host().Host {
				continue
			}
			if answer, err := x.ask(ctx, region.Host, x.Settings.Config.Key, nil); err == nil && (answer.status == http.StatusOK || answer.status == http.StatusForbidden && isRefusal(answer.body)) {
				return fault(fmt.Sprintf("The key is of the other region: %s accepts it, %s does not.", region.Host.Host, x.hostName()),
					x.atHost("Set POSTHOG_HOST="+region.Name+"."))
			}
		}
		return fault("PostHog accepts the key in no region: it was deleted or rolled, has expired, or its owner was switched off.",
			"Make a new one at "+page+" and put it where the old one stands.")
	}
	return fault(fmt.Sprintf("%s does not accept the key: it was deleted or rolled, has expired, is of another PostHog, or its owner was switched off.", x.hostName()),
		"Make a new one at "+page+" and put it where the old one stands.")
}

// holderOfKey tells of a key that is let in.
func (x *examination) holderOfKey() Finding {
	held := x.held
	parts := []string{upperFirst(string(held.key.Kind))}
	if held.key.Label != "" {
		parts[0] += " " + x.hide(config.Quote(held.key.Label), "(label)")
	}
	// PostHog masks in its own way what the check of the key has shown already.
	if mask := x.Settings.Config.Key.String(); strings.ReplaceAll(held.key.Mask, "...", "…") != mask {
		parts[0] += " " + x.hide(held.key.Mask, "(key)")
	}
	if held.noOwner == nil {
		parts = append(parts, fmt.Sprintf("of %s <%s>", x.hide(config.Quote(held.owner.Name), "(owner)"), x.hide(held.owner.Email, "(e-mail)")))
		x.private.add(held.owner.Name, "(owner)")
	}
	if held.noKey == nil {
		parts = append(parts, "scopes "+scopesInWords(held.key.Scopes), x.limitsInWords())
	} else {
		parts = append(parts, "PostHog does not tell its scopes")
	}
	what := strings.Join(parts, "; ") + "."
	if refused, missing := errors.AsType[*apiclient.Error](held.noOwner); missing && refused.MissingScope() != "" {
		return warning(fmt.Sprintf("%s Its owner cannot be read: it lacks the scope %s.", what, refused.MissingScope()),
			fmt.Sprintf("Add it to the key at %s; without it @me is unknown, and the journal names nobody.", x.keyPage()))
	}
	return ok("%s", what)
}

// scopesInWords are a key's scopes; of many the first.
func scopesInWords(scopes []string) string {
	const most = 8
	switch {
	case len(scopes) == 0:
		return "none"
	case len(scopes) > most:
		return strings.Join(scopes[:most], ", ") + fmt.Sprintf(" and %d more", len(scopes)-most)
	}
	return strings.Join(scopes, ", ")
}

// limitsInWords is what a key is confined to.
func (x *examination) limitsInWords() string {
	key := x.held.key
	switch {
	case len(key.Projects) > 0:
		return "confined to " + counted(len(key.Projects), "project")
	case len(key.Organizations) > 0:
		return "confined to " + counted(len(key.Organizations), "organization")
	}
	return "not confined"
}

// troubled words a failure that is neither the key's nor the settings' fault.
func (x *examination) troubled(what string, err error) Finding {
	refused, answered := errors.AsType[*apiclient.Error](err)
	switch {
	case errors.Is(err, apiclient.ErrThrottled):
		next := "Wait a minute, then start this again."
		if answered && refused.RetryAfter > 0 {
			next = fmt.Sprintf("Wait %s, then start this again.", counted(int(refused.RetryAfter.Seconds()), "second"))
		}
		return fault(what+": the rate limit is reached.", next+" Other programs may use the same key.")
	case errors.Is(err, apiclient.ErrServer):
		return fault(fmt.Sprintf("%s: it fails (%d).", what, refused.Status), "Try again in a minute. If it goes on, see status.posthog.com, or the logs of your own PostHog.")
	case errors.Is(err, apiclient.ErrUnreadableBody) || errors.Is(err, apiclient.ErrBodyTooLarge):
		return fault(what+": the answer cannot be read.", x.atHost("Look at POSTHOG_HOST, and at what stands in between: something may change answers."))
	case errors.Is(err, apiclient.ErrRedirected):
		return fault(what+": the host answers with a redirect.", x.atHost("Set POSTHOG_HOST to the address that the API has."))
	case errors.Is(err, context.DeadlineExceeded):
		return fault(what+" in time.", "Try again in a minute. If it goes on, look at that PostHog.")
	case answered:
		return fault(fmt.Sprintf("%s: %d %s.", what, refused.Status, config.Quote(refused.Detail)), "Do what that says, or ask whoever runs that PostHog.")
	}
	return fault(what+": "+config.Quote(x.redactor.Text(errorText(err)))+".", "Look at the network and at that PostHog.")
}

func errorText(err error) string {
	if err == nil {
		return "nothing"
	}
	return err.Error()
}
