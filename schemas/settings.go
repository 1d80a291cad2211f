package schemas

import (
	"encoding/json"

	"github.com/oapi-codegen/nullable"
)

// ProjectSettings is the request body that PostHog's reference page lists for
// the rotation of a project's secret token (PATCH rotate_secret_token/), and
// the writable half of a project. The rotation takes no notice of any of it.
//
// Every field may be left out. A field that the API lets be null is a
// nullable.Nullable, which tells absent, null and a value apart; a field whose
// shape the API leaves open is raw JSON.
type ProjectSettings struct {
	Name                                        *string                              `json:"name,omitempty" jsonschema:"minLength=1,maxLength=200" jsonschema_description:"Name of the project, unique in the organization."`
	ProductDescription                          nullable.Nullable[string]            `json:"product_description,omitempty" jsonschema:"maxLength=1000" jsonschema_description:"What the project's product is, in a few words."`
	AppURLs                                     []*string                            `json:"app_urls,omitzero" jsonschema:"maxLength=200" jsonschema_description:"Sites on which the toolbar may open."`
	AnonymizeIPs                                *bool                                `json:"anonymize_ips,omitempty" jsonschema_description:"Whether IP addresses are dropped from events."`
	CompletedSnippetOnboarding                  *bool                                `json:"completed_snippet_onboarding,omitempty" jsonschema_description:"Whether the installation step of the setup is done."`
	TestAccountFilters                          json.RawMessage                      `json:"test_account_filters,omitempty" jsonschema_description:"Filters that tell internal traffic; a JSON array, or null."`
	TestAccountFiltersDefaultChecked            nullable.Nullable[bool]              `json:"test_account_filters_default_checked,omitempty" jsonschema_description:"Whether new insights leave internal traffic out."`
	PathCleaningFilters                         json.RawMessage                      `json:"path_cleaning_filters,omitempty" jsonschema_description:"Rewrite rules for paths; a JSON array, or null."`
	IsDemo                                      *bool                                `json:"is_demo,omitempty" jsonschema_description:"Whether it is a demonstration project."`
	Timezone                                    *string                              `json:"timezone,omitempty" jsonschema:"maxLength=240" jsonschema_description:"IANA name of the time zone of its reports."`
	DataAttributes                              json.RawMessage                      `json:"data_attributes,omitempty" jsonschema_description:"HTML attributes by which elements are told apart; a JSON array, or null."`
	PersonDisplayNameProperties                 nullable.Nullable[[]string]          `json:"person_display_name_properties,omitempty" jsonschema:"maxLength=400" jsonschema_description:"Person properties to show as the name, best first."`
	CorrelationConfig                           json.RawMessage                      `json:"correlation_config,omitempty" jsonschema_description:"Settings of correlation analysis; JSON or null."`
	AutocaptureOptOut                           nullable.Nullable[bool]              `json:"autocapture_opt_out,omitempty" jsonschema_description:"Whether automatic capture is off."`
	AutocaptureExceptionsOptIn                  nullable.Nullable[bool]              `json:"autocapture_exceptions_opt_in,omitempty" jsonschema_description:"Whether JavaScript exceptions are captured."`
	AutocaptureWebVitalsOptIn                   nullable.Nullable[bool]              `json:"autocapture_web_vitals_opt_in,omitempty" jsonschema_description:"Whether web vitals are captured."`
	AutocaptureWebVitalsAllowedMetrics          json.RawMessage                      `json:"autocapture_web_vitals_allowed_metrics,omitempty" jsonschema_description:"Which web vitals; a JSON array, or null for all."`
	AutocaptureExceptionsErrorsToIgnore         json.RawMessage                      `json:"autocapture_exceptions_errors_to_ignore,omitempty" jsonschema_description:"Patterns of exceptions to drop; a JSON array, or null."`
	CaptureConsoleLogOptIn                      nullable.Nullable[bool]              `json:"capture_console_log_opt_in,omitempty" jsonschema_description:"Whether console output goes with recordings."`
	CapturePerformanceOptIn                     nullable.Nullable[bool]              `json:"capture_performance_opt_in,omitempty" jsonschema_description:"Whether network timing goes with recordings."`
	SessionRecordingOptIn                       *bool                                `json:"session_recording_opt_in,omitempty" jsonschema_description:"Whether sessions are recorded."`
	SessionRecordingSampleRate                  nullable.Nullable[string]            `json:"session_recording_sample_rate,omitempty" jsonschema_description:"Share of sessions recorded, 0.00 to 1.00, as a decimal string."`
	SessionRecordingMinimumDurationMilliseconds nullable.Nullable[int]               `json:"session_recording_minimum_duration_milliseconds,omitempty" jsonschema:"minimum=0,maximum=30000" jsonschema_description:"Shortest session kept, in milliseconds."`
	SessionRecordingLinkedFlag                  json.RawMessage                      `json:"session_recording_linked_flag,omitempty" jsonschema_description:"Feature flag that switches recording on; JSON or null."`
	SessionRecordingNetworkPayloadCaptureConfig json.RawMessage                      `json:"session_recording_network_payload_capture_config,omitempty" jsonschema_description:"Which network bodies are recorded; JSON or null."`
	SessionRecordingMaskingConfig               json.RawMessage                      `json:"session_recording_masking_config,omitempty" jsonschema_description:"What is masked in recordings; JSON or null."`
	SessionRecordingURLTriggerConfig            nullable.Nullable[[]json.RawMessage] `json:"session_recording_url_trigger_config,omitempty" jsonschema_description:"Pages that start a recording."`
	SessionRecordingURLBlocklistConfig          nullable.Nullable[[]json.RawMessage] `json:"session_recording_url_blocklist_config,omitempty" jsonschema_description:"Pages that pause a recording."`
	SessionRecordingEventTriggerConfig          nullable.Nullable[[]*string]         `json:"session_recording_event_trigger_config,omitempty" jsonschema_description:"Events that start a recording."`
	SessionRecordingTriggerMatchTypeConfig      nullable.Nullable[string]            `json:"session_recording_trigger_match_type_config,omitempty" jsonschema:"maxLength=24" jsonschema_description:"Whether one trigger is enough or all are needed."`
	SessionRecordingTriggerGroups               json.RawMessage                      `json:"session_recording_trigger_groups,omitempty" jsonschema_description:"Triggers of the second generation; JSON or null."`
	SessionRecordingRetentionPeriod             *string                              `json:"session_recording_retention_period,omitempty" jsonschema:"enum=30d,enum=90d,enum=1y,enum=5y" jsonschema_description:"How long new recordings are kept: 30 days, 90 days, 1 year, 5 years."`
	SessionReplayConfig                         json.RawMessage                      `json:"session_replay_config,omitempty" jsonschema_description:"Further settings of recordings; JSON or null."`
	SurveyConfig                                json.RawMessage                      `json:"survey_config,omitempty" jsonschema_description:"Look and limits of surveys; JSON or null."`
	AccessControl                               *bool                                `json:"access_control,omitempty" jsonschema_description:"Older switch of project access control."`
	WeekStartDay                                nullable.Nullable[int]               `json:"week_start_day,omitempty" jsonschema:"enum=0,enum=1" jsonschema_description:"First day of the week in reports: 0 Sunday, 1 Monday."`
	PrimaryDashboard                            nullable.Nullable[int]               `json:"primary_dashboard,omitempty" jsonschema_description:"Id of the dashboard shown first."`
	LiveEventsColumns                           nullable.Nullable[[]string]          `json:"live_events_columns,omitempty" jsonschema_description:"Columns of the live events table."`
	RecordingDomains                            nullable.Nullable[[]*string]         `json:"recording_domains,omitempty" jsonschema:"maxLength=200" jsonschema_description:"Origins that may be recorded; empty means all."`
	InjectWebApps                               nullable.Nullable[bool]              `json:"inject_web_apps,omitempty" jsonschema_description:"Whether site apps are injected."`
	ExtraSettings                               json.RawMessage                      `json:"extra_settings,omitempty" jsonschema_description:"Settings without a field of their own; JSON or null."`
	Modifiers                                   json.RawMessage                      `json:"modifiers,omitempty" jsonschema_description:"Query modifiers set for the project; JSON or null."`
	HasCompletedOnboardingFor                   json.RawMessage                      `json:"has_completed_onboarding_for,omitempty" jsonschema_description:"Product key to whether its setup is done; JSON or null."`
	SurveysOptIn                                nullable.Nullable[bool]              `json:"surveys_opt_in,omitempty" jsonschema_description:"Whether surveys are shown."`
	HeatmapsOptIn                               nullable.Nullable[bool]              `json:"heatmaps_opt_in,omitempty" jsonschema_description:"Whether heatmaps are recorded."`
	FlagsPersistenceDefault                     nullable.Nullable[bool]              `json:"flags_persistence_default,omitempty" jsonschema_description:"Whether new feature flags persist across sign-in."`
	ReceiveOrgLevelActivityLogs                 nullable.Nullable[bool]              `json:"receive_org_level_activity_logs,omitempty" jsonschema_description:"Whether the project is told of organization-wide activity."`
	BusinessModel                               nullable.Nullable[string]            `json:"business_model,omitempty" jsonschema:"enum=b2b,enum=b2c,enum=other,enum=" jsonschema_description:"Whom the product serves."`
	ConversationsEnabled                        nullable.Nullable[bool]              `json:"conversations_enabled,omitempty" jsonschema_description:"Whether support conversations are on."`
	ConversationsSettings                       json.RawMessage                      `json:"conversations_settings,omitempty" jsonschema_description:"Settings of support conversations; JSON or null. May hold a widget token."`
	LogsSettings                                json.RawMessage                      `json:"logs_settings,omitempty" jsonschema_description:"Settings of log capture; JSON or null."`
	ProactiveTasksEnabled                       nullable.Nullable[bool]              `json:"proactive_tasks_enabled,omitempty" jsonschema_description:"Whether tasks are proposed unasked."`
}
