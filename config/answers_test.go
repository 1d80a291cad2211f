package config_test

import "testing"

func TestAnswersAreBoundedAndStructuredUnlessSomebodySaysOtherwise(t *testing.T) {
	if loaded := mustLoad(t, env{}); loaded.MaxResultBytes != 40_000 || !loaded.OutputSchemas {
		t.Errorf("by default %d bytes, output schemas %v", loaded.MaxResultBytes, loaded.OutputSchemas)
	}
	loaded := mustLoad(t, env{"POSTHOG_MCP_OUTPUT_SCHEMAS": "off"}, "--max-result-bytes", "2000")
	if loaded.MaxResultBytes != 2000 || loaded.OutputSchemas {
		t.Errorf("%d bytes, output schemas %v", loaded.MaxResultBytes, loaded.OutputSchemas)
	}
}

func TestABoundThatNoAnswerFitsIsRefused(t *testing.T) {
	for given, problem := range map[string]string{
		"1999": "must be between 2000 and", "0": "must be between 2000 and", "-1": "must be between", "40k": "not a whole number", "100000001": "must be between",
	} {
		_, err := load(t, env{"POSTHOG_MCP_MAX_RESULT_BYTES": given})
		refused(t, err, "POSTHOG_MCP_MAX_RESULT_BYTES", problem, "whole number of bytes")
	}
	_, err := load(t, env{}, "--output-schemas", "perhaps")
	refused(t, err, "--output-schemas", "neither on nor off")
}
