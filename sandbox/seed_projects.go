package sandbox

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// seedProject is one project, its settings aside.
type seedProject struct {
	id                 int64
	name               string
	token, secret      string
	age                time.Duration
	other              bool
	liveToken          string
	productIntents     map[string]time.Duration
	recording, surveys bool
}

// seedProjects are numbered from 1 in this order.
func seedProjects() []seedProject {
	return []seedProject{
		1: {
			id: ProjectWeb, name: ProjectWebName, age: 5*year - hour, token: "phc_SandboxHedgeboxWeb",
			secret: "phs_SandboxHedgeboxWebFirstSecretToken0000000000000", liveToken: "sandbox-live-events-token-of-hedgebox-web",
			productIntents: map[string]time.Duration{"product_analytics": 4 * year, "session_replay": 2 * year, "feature_flags": year},
			recording:      true,
		},
		2: {
			id: ProjectMobile, name: ProjectMobileName, age: 200 * day, token: "phc_SandboxHedgeboxMobile",
			productIntents: map[string]time.Duration{"surveys": 30 * day}, surveys: true,
		},
		3: {id: OtherProject, name: "Thistle experiments", age: 170 * day, other: true, token: "phc_SandboxThistle"},
	}
}

// details are a project's settings and facts as the sandbox starts with them.
func (p seedProject) details(now instant) projectDetails {
	yes, no := true, false
	monday, rate, shortest, oneTrigger := 1, "0.50", 2000, "any"
	singular, plural, model := "shop", "shops", "b2b"
	d := projectDetails{
		projectFacts: projectFacts{
			GroupTypes: []groupType{}, IngestedEvent: true, PersonOnEventsQueryingEnabled: true,
			DefaultModifiers: json.RawMessage(`{"personsOnEventsMode": "person_id_override_properties_on_events"}`),
			ProductIntents:   []productIntent{},
			AvailableSetupTaskIDs: []string{"ingest_first_event", "set_up_reverse_proxy", "create_first_insight",
				"create_first_dashboard", "track_custom_events", "define_actions", "set_up_cohorts"},
		},
		projectSettings: projectSettings{
			AppURLs: []string{}, CompletedSnippetOnboarding: true, Timezone: "Europe/Lisbon",
			TestAccountFilters: json.RawMessage(`[]`), DataAttributes: json.RawMessage(`["data-attr"]`),
			RecordingOptIn: p.recording, RecordingRetention: "30d", SurveysOptIn: &p.surveys,
			HasCompletedOnboardingFor: map[string]bool{}, OrganizationActivityLogs: &no,
		},
	}
	for _, product := range slices.Sorted(maps.Keys(p.productIntents)) {
		since := now.ago(p.productIntents[product])
		d.ProductIntents = append(d.ProductIntents, productIntent{
			ProductType: product, CreatedAt: since, OnboardingCompletedAt: &since, UpdatedAt: since,
		})
		d.HasCompletedOnboardingFor[product] = true
	}
	if p.id != ProjectWeb {
		return d
	}
	description := "Hedge trimming to order, for shops and gardens"
	dashboard := int64(5101)
	d.HasGroupTypes = true
	d.GroupTypes = []groupType{{GroupType: "shop", NameSingular: &singular, NamePlural: &plural}}
	d.ProductDescription, d.BusinessModel, d.WeekStartDay, d.PrimaryDashboard = &description, &model, &monday, &dashboard
	d.AppURLs = []string{"https://hedgebox.example", "https://shop.hedgebox.example"}
	d.RecordingDomains = []string{"https://hedgebox.example"}
	d.TestAccountFilters = json.RawMessage(`[{"key": "email", "type": "person", "value": "@example.com", "operator": "not_icontains"}]`)
	d.TestAccountFiltersChecked, d.HeatmapsOptIn, d.AutocaptureOptOut = &yes, &yes, &no
	d.PersonDisplayNames = []string{"email", "name"}
	d.CaptureConsoleLogOptIn, d.CapturePerformanceOptIn = &yes, &no
	d.RecordingSampleRate, d.RecordingMinimumDuration, d.RecordingTriggerMatchType = &rate, &shortest, &oneTrigger
	d.RecordingMasking = json.RawMessage(`{"maskAllInputs": true}`)
	d.RecordingURLTriggers = json.RawMessage(`[{"url": "/checkout", "matching": "regex"}]`)
	d.RecordingEventTriggers = []string{"checkout started"}
	d.ReplayConfig = json.RawMessage(`{"record_canvas": false}`)
	d.SurveyConfig = json.RawMessage(`{"appearance": {"whiteLabel": false}}`)
	d.LiveEventsColumns = []string{"event", "person", "timestamp"}
	d.ConversationsEnabled = &yes
	d.ConversationsSettings = json.RawMessage(`{"widget_enabled": true, "widget_public_token": "sandbox-widget-token-0000", "widget_color": "#1d4aff"}`)
	d.LogsSettings = json.RawMessage(`{"capture_console_logs": false}`)
	return d
}

// seedActivity is something that somebody did. A person of 0 is nobody known.
type seedActivity struct {
	scope, item, activity, name string
	person                      int
	project                     int64
	age                         time.Duration
}

func seedActivities() []seedActivity {
	long := "Weekly retention of everybody who " + strings.Repeat("ordered a hedge, trimmed a hedge, and ", 6) + "came back"
	return []seedActivity{
		{"Insight", "aX3pQ9", "created", "Checkout funnel, web", 14, ProjectWeb, 40 * time.Minute},
		{"Dashboard", "5101", "updated", "Hedgebox at a glance", 3, ProjectWeb, 3 * hour},
		{"Dashboard", "5101", "updated", "Hedgebox at a glance", 3, ProjectWeb, 4 * hour},
		{"FeatureFlag", "3301", "updated", "new-checkout", 4, ProjectWeb, 9 * hour},
		{"Experiment", "712", "launched", "Shorter sign-up form", 6, ProjectWeb, day},
		{"Notebook", "nB7", "created", "Why May was slow — notes", 17, ProjectWeb, day + 2*hour},
		{"Insight", "bK2mZ4", "updated", long, 10, ProjectWeb, 2 * day},
		{"Survey", "88", "launched", "How was your delivery?", 12, ProjectMobile, 3 * day},
		{"Insight", "cT8wE1", "created", "Sessions by country / جلسات حسب البلد", 9, ProjectWeb, 4 * day},
		{"FeatureFlag", "3302", "created", "dark-mode", 20, ProjectMobile, 5 * day},
		{"Cohort", "41", "created", "Customers of more than a year", 17, ProjectWeb, 6 * day},
		{"Insight", "aX3pQ9", "updated", "Checkout funnel", 14, ProjectWeb, 7 * day},
		{"Dashboard", "5104", "created", "Mobile launch", 7, ProjectMobile, 10 * day},
		{"Insight", "dR5yU6", "deleted", "Old funnel", 0, ProjectWeb, 20 * day},
		{"FeatureFlag", "3290", "deleted", "halloween-banner", 8, ProjectWeb, 31 * day},
		{"Insight", "eP9oL3", "created", "First orders", 2, ProjectWeb, 200 * day},
		{"Insight", "zZ1", "created", "Crew at work", 26, OtherProject, 2 * day},
	}
}

// seedDashboard is one dashboard; opened never is an age of 0.
type seedDashboard struct {
	id                int64
	project           int64
	name, description string
	opened            time.Duration
	deleted           bool
}

func seedDashboards() []seedDashboard {
	return []seedDashboard{
		{5101, ProjectWeb, "Hedgebox at a glance", "Orders, sign-ups and retention in one place", hour, false},
		{5102, ProjectWeb, "Support load", "", 2 * day, false},
		{5103, ProjectWeb, "Retired: spring campaign", "Kept for the record", 10 * time.Minute, true},
		{5104, ProjectMobile, "Mobile launch", "The numbers of the first weeks", 5 * hour, false},
		{5105, ProjectWeb, "Data quality", "Events that stopped arriving", 30 * day, false},
		{5106, ProjectMobile, "Untouched", "", never, false},
		{6001, OtherProject, "Crew board", "", 3 * hour, false},
	}
}
