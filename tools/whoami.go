package tools

import (
	"context"
	"slices"

	"github.com/sourcegraph/conc"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/holder"
	"posthog-org-mcp/schemas"
)

var whoami = Read[schemas.Whoami, schemas.Identity]{
	Name: "whoami", Title: "Tell whose key it is",
	Description: "The API key's owner, scopes and level, and which tools will not work and why.",
	Operation:   "GET /api/personal_api_keys/@current/", Anywhere: true,
	Do: func(ctx context.Context, org Reader, args schemas.Whoami) (schemas.Identity, error) {
		who, err := lookAtHolder(ctx, org)
		if err != nil {
			return schemas.Identity{}, err
		}
		if args.OrganizationID != "" && who.organization == nil {
			return schemas.Identity{}, who.noOrganization()
		}
		return schemas.Identity{
			Owner: who.ownerFacts(), Key: who.keyFacts(org.catalog()), Organization: who.organization,
			Server: schemas.ServerFacts{
				Host: org.API().Host().String(), ReadOnly: org.limits.ReadOnly, DryRun: org.dryRun, Organizations: texts(org.limits.Organizations),
			},
			RateLimit: schemas.RateFacts{PostHog: apiclient.PublishedRate().String(), Server: org.API().Rate().String()},
			Tools:     who.toolFacts(org),
			Note:      who.note(),
		}, nil
	},
}

// Identify is what whoami answers of the configured organization. It is for the
// operator: that the tool itself is left out does not matter.
func Identify(ctx context.Context, env Environment) (schemas.Identity, error) {
	organization, err := env.Limits.organization(ctx, env.Reader, env.Reader.OrganizationID())
	if err != nil {
		return schemas.Identity{}, err
	}
	return whoami.Do(ctx, env.reader(env.Reader.In(organization)), schemas.Whoami{})
}

// holding is what could be read of a key, its owner, and an organization. Each
// error says why a part is not there.
type holding struct {
	key        holder.Key
	owner      holder.Owner
	standing   holder.Standing
	noKey      error
	noOwner    error
	noStanding error

	organization *schemas.KeyOrganization // nil: nothing is known of it
	level        *apiclient.Level         // the owner's in it; nil: not known
}

// lookAtHolder reads side by side. It fails where nothing at all can be read.
func lookAtHolder(ctx context.Context, org Reader) (holding, error) {
	var who holding
	var reads conc.WaitGroup // a panic goes on in Wait, where it is caught
	reads.Go(func() { who.key, who.noKey = org.holder.Key(ctx) })
	reads.Go(func() { who.owner, who.noOwner = org.holder.Owner(ctx) })
	reads.Go(func() { who.standing, who.noStanding = org.holder.Standing(ctx, org.OrganizationID()) })
	reads.Wait()
	if who.noKey != nil && who.noOwner != nil && who.noStanding != nil {
		return holding{}, who.noStanding
	}
	who.place(org.OrganizationID())
	return who, nil
}

// place finds out what is known of the organization. Its owner's record names
// those that the key may not read.
func (who *holding) place(id apiclient.OrganizationID) {
	standing := who.standing
	if who.noStanding != nil {
		membership, found := who.owner.In(id)
		if !found {
			return
		}
		standing = holder.Standing{ID: membership.ID, Name: membership.Name, Level: membership.Level}
	}
	who.level = standing.Level
	who.organization = &schemas.KeyOrganization{
		ID: string(standing.ID), Name: standing.Name, MemberCount: standing.Members, ReadOnly: standing.ReadOnly,
	}
	if standing.Level != nil {
		who.organization.Level = standing.Level.String()
	}
}

// noOrganization is why nothing is known of the organization.
func (who *holding) noOrganization() error {
	if len(who.key.Organizations)+len(who.key.Projects) > 0 {
		return apiclient.ErrKeyConfined
	}
	return who.noStanding
}

func (who *holding) ownerFacts() *schemas.KeyOwner {
	if who.noOwner != nil {
		return nil
	}
	return &schemas.KeyOwner{Name: who.owner.Name, Email: who.owner.Email}
}

// maxScopes is how many scopes are told of a key that has others than a tool needs.
const maxScopes = 16

func (who *holding) keyFacts(catalog []Tool) schemas.KeyFacts {
	key := who.key
	facts := schemas.KeyFacts{
		Kind: string(key.Kind), Label: key.Label, Masked: key.Mask, Scopes: key.Scopes, Organizations: texts(key.Organizations),
	}
	for _, project := range key.Projects {
		facts.Projects = append(facts.Projects, int(project))
	}
	if len(key.Scopes) > maxScopes {
		facts.Scopes = []string{}
		for _, scope := range key.Scopes {
			if isNeeded(scope, catalog) {
				facts.Scopes = append(facts.Scopes, scope)
			}
		}
		facts.OtherScopes = len(key.Scopes) - len(facts.Scopes)
	}
	return facts
}

// isNeeded reports whether a tool of the catalog needs a scope.
func isNeeded(scope string, catalog []Tool) bool {
	has := holder.Key{Scopes: []string{scope}}
	return scope == userRead || slices.ContainsFunc(catalog, func(tool Tool) bool { return slices.ContainsFunc(tool.Scopes, has.Has) })
}

// userRead is the scope of whatever is about @me.
const userRead = "user:read"

// texts are ids as results have them; nil when there are none.
func texts[ID ~string](ids []ID) []string {
	var texts []string
	for _, id := range ids {
		texts = append(texts, string(id))
	}
	return texts
}
