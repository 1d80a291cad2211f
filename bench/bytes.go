package main

import (
	"context"
	"encoding/json"
	"fmt"

	"posthog-org-mcp/sandbox"
)

// maxToolBytes is what a tool may take of the list without its output schema,
// on average: many clients give a model just that.
const maxToolBytes = 900

// measureList measures what a client is told at the start, in bytes of compact
// JSON.
func (b *bench) measureList(ctx context.Context) ([]line, error) {
	told, err := introduce(ctx, b.server("--sandbox"))
	if err != nil {
		return nil, err
	}
	var whole, slim sample
	for _, tool := range told.tools {
		whole = append(whole, float64(len(tool)))
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(tool, &fields); err != nil {
			return nil, fmt.Errorf("a tool of the list: %w", err)
		}
		delete(fields, "outputSchema")
		rest, err := json.Marshal(fields)
		if err != nil {
			return nil, err
		}
		slim = append(slim, float64(len(rest)))
	}
	const group = "what a client is told"
	return []line{
		{Group: group, Name: "a tool without its output schema", Unit: inBytes, summary: slim.summary(),
			Score: held(slim.mean(), "bytes on average", under, maxToolBytes)},
		{Group: group, Name: "a tool with it", Unit: inBytes, summary: whole.summary(),
			Score: shown(whole.mean(), "bytes on average")},
		{Group: group, Name: "tools/list", Unit: inBytes, summary: sample{float64(len(told.list))}.summary()},
		{Group: group, Name: "instructions", Unit: inBytes, summary: sample{float64(len(told.instructions))}.summary()},
	}, nil
}

// introduction is what a server tells of itself.
type introduction struct {
	list         json.RawMessage // the result of tools/list
	tools        []json.RawMessage
	instructions string
}

// introduce starts a server and lets it tell of itself.
func introduce(ctx context.Context, program program) (introduction, error) {
	openings, err := openings()
	if err != nil {
		return introduction{}, err
	}
	p, err := start(ctx, program)
	if err != nil {
		return introduction{}, err
	}
	answers, err := p.exchange(openings[0].text, openings[0].answers)
	if err != nil {
		return introduction{}, err
	}
	if err := p.end(); err != nil {
		return introduction{}, err
	}
	var told introduction
	hello, err := resultOf(helloID, answers)
	if err == nil {
		told.list, err = resultOf(listID, answers)
	}
	if err != nil {
		return introduction{}, err
	}
	var said struct {
		Instructions string            `json:"instructions"`
		Tools        []json.RawMessage `json:"tools"`
	}
	for _, result := range []json.RawMessage{hello, told.list} {
		if err := json.Unmarshal(result, &said); err != nil {
			return introduction{}, fmt.Errorf("what the server says of itself: %w", err)
		}
	}
	told.instructions, told.tools = said.Instructions, said.Tools
	return told, nil
}

// measureAnswers compares what a model reads of a typical answer with what the
// API sends for it. The text is counted; structured content says it again.
func (b *bench) measureAnswers(ctx context.Context) ([]line, error) {
	stage, err := b.openStage(ctx)
	if err != nil {
		return nil, err
	}
	defer stage.abandon()
	const group = "an answer"
	var lines []line
	for _, asked := range []comparison{
		{tool: "roles-list", requests: []string{rolesPath}},
		{tool: "membership-list", arguments: map[string]any{"role": sandbox.RoleEngineering},
			requests: []string{rolePath + "role_memberships/?limit=100"}},
	} {
		raw, err := stage.direct(ctx, asked.requests)
		if err != nil {
			return nil, err
		}
		_, compact, err := stage.throughServer(asked)
		if err != nil {
			return nil, err
		}
		lines = append(lines,
			line{Group: group, Name: "the API's page, for " + asked.tool, Unit: inBytes, summary: sample{float64(raw)}.summary()},
			line{Group: group, Name: "ours, for " + asked.tool, Unit: inBytes, summary: sample{float64(len(compact))}.summary(),
				Score: shown(ratio(float64(raw), float64(len(compact))), "× smaller")})
	}
	return lines, stage.end()
}
