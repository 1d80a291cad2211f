package server

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
	mcpserver "github.com/mark3labs/mcp-go/server"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/progress"
)

// consent is how the person behind a call can be asked. There are three kinds
// of client: a modern one gets the question as a result and calls again, a
// legacy one that can ask is sent it while the call waits, and any other is
// left to the model and a preview, which is the zero Consent.
func (s *Server) consent(ctx context.Context, round mcp.MultiRoundTripParams) changes.Consent {
	if info := mcpserver.RequestProtocolInfoFromContext(ctx); info != nil && info.Modern {
		return modernConsent(info.ClientCapabilities, round)
	}
	questions, connected := ctx.Value(questionsKey{}).(*questions)
	turn, running := ctx.Value(turnKey{}).(*turn)
	if !connected || !running {
		return changes.Consent{}
	}
	var consent changes.Consent
	p, declared := person{server: s, questions: questions, turn: turn}, questions.declared.Load()
	if canConfirm(declared) {
		consent.Ask = p.confirms
	}
	if canOpen(declared) {
		consent.Open = p.opens
	}
	return consent
}

// The keys of what a request's context holds besides the library's.
type (
	questionsKey struct{} // *questions of the client
	turnKey      struct{} // *turn of a tool call
)

// noteCapabilities keeps what a legacy client says at initialize.
func noteCapabilities(ctx context.Context, _ any, request *mcp.InitializeRequest, _ *mcp.InitializeResult) {
	if questions, connected := ctx.Value(questionsKey{}).(*questions); connected {
		questions.declared.Store(request.Params.Capabilities.Elicitation)
	}
}

// canConfirm reports whether a client shows forms. That is also what a client
// means that says nothing more of it, as all did before there was another way.
func canConfirm(declared *mcp.ElicitationCapability) bool {
	return declared != nil && (declared.Form != nil || declared.URL == nil)
}

func canOpen(declared *mcp.ElicitationCapability) bool {
	return declared != nil && declared.URL != nil
}

// modernConsent reads from the request itself what its client can do, and what
// its user has said. The state is the token: sealed elsewhere, opaque here. An
// answer without it is an answer to nothing.
func modernConsent(capabilities *mcp.ClientCapabilities, round mcp.MultiRoundTripParams) changes.Consent {
	if capabilities == nil || !canConfirm(capabilities.Elicitation) {
		return changes.Consent{}
	}
	consent := changes.Consent{Channel: changes.ByClient, Token: round.RequestState}
	if _, answered := mcpserver.InputResponse(round.InputResponses, confirm); !answered || round.RequestState == "" {
		return consent
	}
	consent.Answer = changes.CannotAsk
	if result := mcpserver.ElicitationResponse(round.InputResponses, confirm); result != nil {
		consent.Answer = answerOf(result.ElicitationResponse)
	}
	return consent
}

// confirm names the one question of a result, and its one field.
const confirm = "confirm"

// confirmationForm is one box to tick, so that nobody agrees by just pressing Enter.
const confirmationForm = `{"type":"object","properties":{"` + confirm + `":{"type":"boolean","title":"Yes, do it","default":false}},"required":["` + confirm + `"]}`

// form is a question as either era's client gets it.
func (s *Server) form(question changes.Question) mcp.ElicitationParams {
	return mcp.ElicitationParams{
		Message:         s.redactor.Text(question.String()),
		RequestedSchema: json.RawMessage(confirmationForm),
	}
}

// answerOf reads what came back for confirmationForm.
func answerOf(response mcp.ElicitationResponse) changes.Answer {
	switch response.Action {
	case mcp.ElicitationResponseActionAccept:
		content, _ := response.Content.(map[string]any)
		if yes, isBool := content[confirm].(bool); isBool && yes {
			return changes.Yes
		}
		return changes.No
	case mcp.ElicitationResponseActionDecline:
		return changes.No
	case mcp.ElicitationResponseActionCancel:
		return changes.Dismissed
	default:
		return changes.CannotAsk
	}
}

// person is whoever can answer while one call of a legacy client runs.
type person struct {
	server    *Server
	questions *questions
	turn      *turn
}

// confirms asks for a yes, for as long as Options.AskTimeout says.
func (p person) confirms(ctx context.Context, question changes.Question) changes.Answer {
	response, err := p.put(ctx, p.server.askTimeout, p.server.form(question))
	switch {
	case errors.Is(err, errNoAnswer), errors.Is(err, errNoMore):
		return changes.TimedOut
	case errors.Is(err, errCannotAsk):
		return changes.CannotAsk
	case err != nil:
		return changes.Dismissed // The call is over, whatever was answered.
	default:
		return answerOf(response)
	}
}

// openTimeout is how long a client may take to ask whether to open a page.
const openTimeout = time.Minute

// opens asks whether to open a page, and reports a yes.
func (p person) opens(ctx context.Context, text, url string) bool {
	response, err := p.put(ctx, openTimeout, mcp.ElicitationParams{
		Mode: mcp.ElicitationModeURL, Message: p.server.redactor.Text(text), URL: url,
	})
	return err == nil && response.Action == mcp.ElicitationResponseActionAccept
}

// put asks and waits. Meanwhile another call may run: people take their time.
func (p person) put(ctx context.Context, limit time.Duration, params mcp.ElicitationParams) (mcp.ElicitationResponse, error) {
	progress.Note(ctx, "Waiting for the user's answer.")
	p.turn.leave()
	response, err := p.questions.put(ctx, limit, params)
	ended := p.turn.take(ctx)
	if err == nil {
		err = ended
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		p.server.log.DebugContext(ctx, "a question was not answered", "error", err)
	}
	return response, err
}
