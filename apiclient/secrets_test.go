package apiclient_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/contract"
	"posthog-org-mcp/redact"
)

// keys are secrets with and without a shape to know them by.
func keys() []string {
	return []string{canary, "oldstylekeyCANARY0123456789abcdef"}
}

const token = "phs_CANARYtoken0123456789abcdef"

// loud answers every request with secrets wherever text may stand.
func loud(key string) map[string]http.HandlerFunc {
	secrets := key + " " + token
	header := []string{contract.FaultHeader, "loud", "X-Request-Id", "id-" + key}
	return map[string]http.HandlerFunc{
		"refusal": func(w http.ResponseWriter, _ *http.Request) {
			body := fmt.Sprintf(`{"type":%q,"code":%q,"detail":%q,"attr":%q}`, secrets, secrets, strings.Repeat("x", 280)+secrets, secrets)
			give(w, 400, body, header...)
		},
		"text": func(w http.ResponseWriter, _ *http.Request) {
			give(w, 502, secrets, append(header, "Content-Type", "text/plain")...)
		},
		"redirect": func(w http.ResponseWriter, _ *http.Request) {
			give(w, 302, "", append(header, "Location", "https://"+key+".example/"+url.PathEscape(secrets))...)
		},
		"a time that is none": func(w http.ResponseWriter, r *http.Request) {
			body := strings.ReplaceAll(roleJSON, "2024-05-01T09:30:00.123456Z", secrets)
			status := http.StatusOK
			if r.Method == http.MethodPost {
				status = http.StatusCreated
			}
			give(w, status, body, header...)
		},
		"a type that is none": func(w http.ResponseWriter, _ *http.Request) {
			give(w, 200, secrets, append(header, "Content-Type", "text/"+key)...)
		},
		"a next that is none": func(w http.ResponseWriter, _ *http.Request) {
			give(w, 200, fmt.Sprintf(`{"count":2,"next":"http://%s/%s","previous":null,"results":[%s]}`, key, token, roleJSON), header...)
		},
		"a broken answer": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n"+secrets+"\r\n\r\n")
				_ = conn.(*net.TCPConn).Close()
			}
		},
	}
}

func TestNoSecretIsInAnErrorOrALogLine(t *testing.T) {
	for _, key := range keys() {
		for name, handler := range loud(key) {
			s := newStage(t)
			s.handle(handler)
			var logged bytes.Buffer
			client := s.client(t, func(c *apiclient.Config) {
				c.Key = redact.NewSecret(key)
				c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			ctx := testContext(t)
			calls := map[string]func() error{
				"read":  func() error { return read(ctx, client) },
				"write": func() error { return write(ctx, client) },
				"id":    func() error { return client.DeleteRole(ctx, organization, apiclient.RoleID(key)) },
				"name": func() error {
					_, err := client.CreateRole(ctx, organization, apiclient.RoleCreate{Name: token + strings.Repeat("x", 200)})
					return err
				},
				"each": func() error { _, err := walk(ctx, client.Reader()); return err },
				"rows": func() error { _, err := client.Reader().Roles(organization).Rows(ctx, 10, 0); return err },
			}
			for call, run := range calls {
				err := run()
				if err == nil {
					if call != "rows" || name != "a next that is none" {
						t.Errorf("%s, %s: no error", name, call)
					}
					continue
				}
				for _, shown := range []string{err.Error(), fmt.Sprintf("%v %+v %q %s", err, err, err, err), fmt.Sprintf("%#v", err)} {
					if strings.Contains(shown, "CANARY") {
						t.Errorf("%s, %s: the error shows a secret: %s", name, call, shown)
					}
				}
			}
			if strings.Contains(logged.String(), "CANARY") {
				t.Errorf("%s: the log shows a secret: %s", name, logged.String())
			}
			if strings.Count(logged.String(), "\n") != len(s.seen()) {
				t.Errorf("%s: %d requests, and the log is %s", name, len(s.seen()), logged.String())
			}
		}
	}
}

func TestALogLineHasTheTemplateAndNotTheQuery(t *testing.T) {
	s := newStage(t)
	s.answer(200, pageJSON(0), "X-Request-Id", "request-1")
	var logged bytes.Buffer
	client := s.client(t, func(c *apiclient.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	if _, err := client.Reader().Members(organization, apiclient.MemberFilter{Email: "ana@example.com"}).Page(testContext(t), 0, 0); err != nil {
		t.Fatal(err)
	}
	line := logged.String()
	for _, part := range []string{"level=DEBUG", "method=GET", "path=/api/organizations/{organization_id}/members/", "status=200", "duration=", "request_id=request-1"} {
		if !strings.Contains(line, part) {
			t.Errorf("%s lacks %s", line, part)
		}
	}
	if strings.Contains(line, "ana") || strings.Count(line, "\n") != 1 {
		t.Errorf("logged %s", line)
	}
}

func TestASecretOfAProjectShowsItsMaskOnly(t *testing.T) {
	s := newStage(t)
	body := strings.ReplaceAll(newSamples(t, false).text(t, "Project"), "phs_sampleSecret0123456789", token)
	s.answer(200, strings.Replace(body, `"conversations_settings":{"open":["shape",1]}`, `"conversations_settings":{"widget_token":"CANARY-widget-0123456789"}`, 1))
	project, err := s.client(t).RotateSecretToken(testContext(t), organization, projectID, nil)
	if err != nil {
		t.Fatal(err)
	}
	if project.SecretAPIToken.Reveal() != token || !strings.Contains(string(project.ConversationsSettings.Reveal()), "CANARY-widget") {
		t.Error("the secrets themselves were lost")
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).InfoContext(context.Background(), "project", "project", project, "settings", project.ConversationsSettings)
	for _, shown := range []string{fmt.Sprintf("%v", project), fmt.Sprintf("%+v", project), fmt.Sprintf("%#v", project.ConversationsSettings), logged.String()} {
		if strings.Contains(shown, "CANARY") {
			t.Errorf("it shows a secret: %s", shown)
		}
	}
}
