package sandbox

import (
	"context"
	"slices"
	"strconv"
	"time"
)

// What the welcome page has room for.
const (
	welcomePeople     = 8
	welcomeActivity   = 10
	welcomeDashboards = 3
	welcomeSteps      = 3
	welcomeText       = 200 // characters of a name or a description
	welcomeDays       = 30
)

// welcome is what a person who has just joined is shown.
type welcome struct {
	OrganizationName string             `json:"organization_name"`
	Inviter          *welcomeInviter    `json:"inviter"`
	TeamMembers      []welcomeMember    `json:"team_members"`
	RecentActivity   []welcomeEvent     `json:"recent_activity"`
	Dashboards       []welcomeDashboard `json:"popular_dashboards"`
	ProductsInUse    []string           `json:"products_in_use"`
	NextSteps        []welcomeStep      `json:"suggested_next_steps"`
	FirstUser        bool               `json:"is_organization_first_user"`
}

type welcomeInviter struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

type welcomeMember struct {
	Name       string  `json:"name"`
	Email      string  `json:"email"`
	Avatar     *string `json:"avatar"`
	Role       string  `json:"role"`
	LastActive string  `json:"last_active"`
}

type welcomeEvent struct {
	Type       string  `json:"type"`
	ActorName  string  `json:"actor_name"`
	EntityName string  `json:"entity_name"`
	EntityURL  *string `json:"entity_url"`
	Timestamp  instant `json:"timestamp"`
}

type welcomeDashboard struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	TeamID      int64  `json:"team_id"`
	URL         string `json:"url"`
}

type welcomeStep struct {
	Label      string `json:"label"`
	Href       string `json:"href"`
	Reason     string `json:"reason"`
	DocsHref   string `json:"docs_href,omitempty"`
	ProductKey string `json:"product_key,omitempty"`
}

// retrieveWelcome answers GET welcome/current/.
func retrieveWelcome(ctx context.Context, c *call) (reply, error) {
	projects, err := projectsOf(ctx, c.tx, c.organization.ID)
	if err != nil {
		return reply{}, err
	}
	inviter, err := c.inviterIn(ctx, c.organization.ID)
	if err != nil {
		return reply{}, err
	}
	w := welcome{OrganizationName: c.organization.Name, FirstUser: inviter == nil, ProductsInUse: productsInUse(projects)}
	if inviter != nil {
		w.Inviter = &welcomeInviter{Name: inviter.displayName(), Email: inviter.Email}
	}
	if w.TeamMembers, err = c.colleagues(ctx); err != nil {
		return reply{}, err
	}
	if w.RecentActivity, err = c.recentActivity(ctx); err != nil {
		return reply{}, err
	}
	if w.Dashboards, err = c.popularDashboards(ctx); err != nil {
		return reply{}, err
	}
	w.NextSteps = nextSteps(w.ProductsInUse, c.caller.CurrentProject)
	return ok(w), nil
}

// colleagues are the others, whoever signed in last first.
func (c *call) colleagues(ctx context.Context) ([]welcomeMember, error) {
	members, err := selectRows(ctx, c.tx, scanMember, `SELECT `+memberColumns+fromMembers+`
		WHERE m.organization_id = ? AND u.is_active AND u.id <> ?
		ORDER BY u.last_login DESC NULLS LAST, m.joined_at DESC LIMIT ?`, c.organization.ID, c.caller.ID, welcomePeople)
	shown := make([]welcomeMember, len(members))
	levels := map[int]string{member: "member", administrator: "administrator", owner: "owner"}
	for i, m := range members {
		shown[i] = welcomeMember{Name: m.User.displayName(), Email: m.User.Email, Role: levels[m.Level], LastActive: c.lastActive(m.LastLogin)}
	}
	return shown, err
}

func (c *call) lastActive(login *instant) string {
	switch {
	case login == nil:
		return "never"
	case *login >= c.now.ago(24*time.Hour):
		return "today"
	case *login >= c.now.ago(7*24*time.Hour):
		return "this_week"
	}
	return "inactive"
}

// recentActivity is what was done last to each of the things that something
// was done to lately.
func (c *call) recentActivity(ctx context.Context) ([]welcomeEvent, error) {
	found, err := selectRows(ctx, c.tx, func(row scanner) (welcomeEvent, error) {
		var e welcomeEvent
		var actor userBasic
		var scope, item, activity string
		var projectID int64
		err := row.Scan(&scope, &activity, &item, &projectID, &e.EntityName, &e.Timestamp, &actor.FirstName, &actor.Email)
		e.Type = scope + "." + activity
		e.EntityName = cut(e.EntityName, welcomeText)
		e.ActorName = actor.displayName()
		if e.ActorName == "" {
			e.ActorName = "Someone"
		}
		if path, known := entityPaths()[scope]; known {
			address := projectPath(&projectID, "/"+path+"/"+item)
			e.EntityURL = &address
		}
		return e, err
	}, `SELECT scope, activity, item_id, project_id, name, created_at, first_name, email FROM (
			SELECT a.scope, a.activity, a.item_id, a.project_id, a.name, a.created_at,
				coalesce(u.first_name, '') AS first_name, coalesce(u.email, '') AS email,
				row_number() OVER (PARTITION BY a.scope, a.item_id ORDER BY a.created_at DESC, a.id DESC) AS nth
			FROM activity a JOIN projects p ON p.id = a.project_id LEFT JOIN users u ON u.id = a.user_id
			WHERE p.organization_id = ? AND a.created_at >= ?)
		WHERE nth = 1 ORDER BY created_at DESC LIMIT ?`,
		c.organization.ID, c.now.ago(welcomeDays*24*time.Hour), welcomeActivity)
	if found == nil {
		found = []welcomeEvent{}
	}
	return found, err
}

// entityPaths say where the web app shows what an activity is about. What is
// not listed has no page.
func entityPaths() map[string]string {
	return map[string]string{
		"Insight": "insights", "Dashboard": "dashboard", "Notebook": "notebooks",
		"Experiment": "experiments", "FeatureFlag": "feature_flags", "Survey": "surveys",
	}
}

func projectPath(id *int64, path string) string {
	if id == nil {
		return path
	}
	return "/project/" + strconv.FormatInt(*id, 10) + path
}

// popularDashboards are those opened last.
func (c *call) popularDashboards(ctx context.Context) ([]welcomeDashboard, error) {
	found, err := selectRows(ctx, c.tx, func(row scanner) (welcomeDashboard, error) {
		var d welcomeDashboard
		err := row.Scan(&d.ID, &d.Name, &d.Description, &d.TeamID)
		d.Name, d.Description = cut(d.Name, welcomeText), cut(d.Description, welcomeText)
		d.URL = projectPath(&d.TeamID, "/dashboard/"+strconv.FormatInt(d.ID, 10))
		return d, err
	}, `SELECT d.id, d.name, d.description, d.project_id FROM dashboards d JOIN projects p ON p.id = d.project_id
		WHERE p.organization_id = ? AND NOT d.deleted
		ORDER BY d.last_accessed_at DESC NULLS LAST, d.id DESC LIMIT ?`, c.organization.ID, welcomeDashboards)
	if found == nil {
		found = []welcomeDashboard{}
	}
	return found, err
}

// productsInUse are the products that some project's settings tell of, sorted.
func productsInUse(projects []project) []string {
	products := []string{}
	for _, p := range projects {
		for product, used := range map[string]bool{
			"product_analytics": p.IngestedEvent,
			"session_replay":    p.RecordingOptIn,
			"surveys":           p.SurveysOptIn != nil && *p.SurveysOptIn,
		} {
			if used {
				products = append(products, product)
			}
		}
		for product, done := range p.HasCompletedOnboardingFor {
			if done {
				products = append(products, product)
			}
		}
	}
	slices.Sort(products)
	return slices.Compact(products)
}

// nextSteps are things to do with the products in use; there is always one.
func nextSteps(inUse []string, projectID *int64) []welcomeStep {
	var steps []welcomeStep
	for _, step := range []welcomeStep{
		{Label: "Replay a visit", Href: "/replay/home", Reason: "Recordings are on: see what visitors see", ProductKey: "session_replay"},
		{Label: "Look through the feature flags", Href: "/feature_flags", Reason: "Releases here go out behind flags", ProductKey: "feature_flags"},
		{Label: "Read what surveys brought in", Href: "/surveys", Reason: "Visitors are being asked", ProductKey: "surveys"},
		{Label: "Open the project's home", Href: "/", Reason: "Everything else starts there", DocsHref: "https://posthog.com/docs"},
	} {
		if step.ProductKey != "" && !slices.Contains(inUse, step.ProductKey) {
			continue
		}
		step.Href = projectPath(projectID, step.Href)
		steps = append(steps, step)
	}
	return steps[:min(len(steps), welcomeSteps)]
}
