package sandbox

import "encoding/json"

// projectDetails are the fields of a project that nothing here searches or
// changes. The database keeps them as one JSON object. A pointer, a slice, a
// map or raw JSON may be null where the API's own object may.
type projectDetails struct {
	projectFacts
	projectSettings
}

// projectFacts are set by the server.
type projectFacts struct {
	HasGroupTypes                 bool            `json:"has_group_types"`
	GroupTypes                    []groupType     `json:"group_types"`
	IngestedEvent                 bool            `json:"ingested_event"`
	PersonOnEventsQueryingEnabled bool            `json:"person_on_events_querying_enabled"`
	DefaultModifiers              json.RawMessage `json:"default_modifiers"`
	ProductIntents                []productIntent `json:"product_intents"`
	AvailableSetupTaskIDs         []string        `json:"available_setup_task_ids"`
}

type groupType struct {
	GroupType      string  `json:"group_type"`
	GroupTypeIndex int     `json:"group_type_index"`
	NameSingular   *string `json:"name_singular"`
	NamePlural     *string `json:"name_plural"`
}

type productIntent struct {
	ProductType           string   `json:"product_type"`
	CreatedAt             instant  `json:"created_at"`
	OnboardingCompletedAt *instant `json:"onboarding_completed_at"`
	UpdatedAt             instant  `json:"updated_at"`
}

// projectSettings can be changed in the web app; the name, which can be too, is
// a column of its own.
type projectSettings struct {
	ProductDescription         *string         `json:"product_description"`
	AppURLs                    []string        `json:"app_urls"`
	AnonymizeIPs               bool            `json:"anonymize_ips"`
	CompletedSnippetOnboarding bool            `json:"completed_snippet_onboarding"`
	TestAccountFilters         json.RawMessage `json:"test_account_filters"`
	TestAccountFiltersChecked  *bool           `json:"test_account_filters_default_checked"`
	PathCleaningFilters        json.RawMessage `json:"path_cleaning_filters"`
	IsDemo                     bool            `json:"is_demo"`
	Timezone                   string          `json:"timezone"`
	DataAttributes             json.RawMessage `json:"data_attributes"`
	PersonDisplayNames         []string        `json:"person_display_name_properties"`
	CorrelationConfig          json.RawMessage `json:"correlation_config"`

	AutocaptureOptOut            *bool           `json:"autocapture_opt_out"`
	AutocaptureExceptionsOptIn   *bool           `json:"autocapture_exceptions_opt_in"`
	AutocaptureWebVitalsOptIn    *bool           `json:"autocapture_web_vitals_opt_in"`
	AutocaptureWebVitalsMetrics  json.RawMessage `json:"autocapture_web_vitals_allowed_metrics"`
	AutocaptureExceptionsIgnored json.RawMessage `json:"autocapture_exceptions_errors_to_ignore"`
	CaptureConsoleLogOptIn       *bool           `json:"capture_console_log_opt_in"`
	CapturePerformanceOptIn      *bool           `json:"capture_performance_opt_in"`

	RecordingOptIn            bool            `json:"session_recording_opt_in"`
	RecordingSampleRate       *string         `json:"session_recording_sample_rate"`
	RecordingMinimumDuration  *int            `json:"session_recording_minimum_duration_milliseconds"`
	RecordingLinkedFlag       json.RawMessage `json:"session_recording_linked_flag"`
	RecordingNetworkPayload   json.RawMessage `json:"session_recording_network_payload_capture_config"`
	RecordingMasking          json.RawMessage `json:"session_recording_masking_config"`
	RecordingURLTriggers      json.RawMessage `json:"session_recording_url_trigger_config"`
	RecordingURLBlocklist     json.RawMessage `json:"session_recording_url_blocklist_config"`
	RecordingEventTriggers    []string        `json:"session_recording_event_trigger_config"`
	RecordingTriggerMatchType *string         `json:"session_recording_trigger_match_type_config"`
	RecordingTriggerGroups    json.RawMessage `json:"session_recording_trigger_groups"`
	RecordingRetention        string          `json:"session_recording_retention_period"`
	ReplayConfig              json.RawMessage `json:"session_replay_config"`

	SurveyConfig              json.RawMessage `json:"survey_config"`
	AccessControl             bool            `json:"access_control"`
	WeekStartDay              *int            `json:"week_start_day"`
	PrimaryDashboard          *int64          `json:"primary_dashboard"`
	LiveEventsColumns         []string        `json:"live_events_columns"`
	RecordingDomains          []string        `json:"recording_domains"`
	InjectWebApps             *bool           `json:"inject_web_apps"`
	ExtraSettings             json.RawMessage `json:"extra_settings"`
	Modifiers                 json.RawMessage `json:"modifiers"`
	HasCompletedOnboardingFor map[string]bool `json:"has_completed_onboarding_for"`
	SurveysOptIn              *bool           `json:"surveys_opt_in"`
	HeatmapsOptIn             *bool           `json:"heatmaps_opt_in"`
	FlagsPersistenceDefault   *bool           `json:"flags_persistence_default"`
	OrganizationActivityLogs  *bool           `json:"receive_org_level_activity_logs"`
	BusinessModel             *string         `json:"business_model"`
	ConversationsEnabled      *bool           `json:"conversations_enabled"`
	ConversationsSettings     json.RawMessage `json:"conversations_settings"`
	LogsSettings              json.RawMessage `json:"logs_settings"`
	ProactiveTasksEnabled     *bool           `json:"proactive_tasks_enabled"`
}
