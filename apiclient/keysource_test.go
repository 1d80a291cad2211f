package apiclient_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/redact"
)

const (
	rotatedKey = "phx_CANARYrotated0123456789abcdefgh"
	refusal401 = `{"type":"authentication_error","code":"authentication_failed","detail":"Personal API key found in request Authorization header is invalid.","attr":null}`
)

// rack is a source that hands out its keys one after the other.
type rack struct {
	next    []string
	err     error
	wait    chan struct{} // Renew waits for it; nil: it does not
	renewed atomic.Int32
	asked   atomic.Int32
}

func (r *rack) Key(_ context.Context, inUse redact.Secret) (redact.Secret, error) {
	r.asked.Add(1)
	return inUse, nil
}

func (r *rack) Renew(_ context.Context, refused redact.Secret) (redact.Secret, error) {
	n := int(r.renewed.Add(1))
	if r.wait != nil {
		<-r.wait
	}
	switch {
	case r.err != nil:
		return redact.Secret{}, r.err
	case n > len(r.next):
		return refused, nil
	}
	return redact.NewSecret(r.next[n-1]), nil
}

// takesOnly has a stage refuse every key but one.
func (s *stage) takesOnly(key string) {
	s.handle(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Authorization") != "Bearer "+key:
			give(w, http.StatusUnauthorized, refusal401)
		case r.Method == http.MethodDelete:
			give(w, http.StatusNoContent, "")
		default:
			give(w, http.StatusOK, roleBody)
		}
	})
}

const roleBody = `{"id":"0190f3a2-5b1c-7d10-8a55-3f6b2c9e7d42","name":"Support","created_at":"2024-05-01T09:30:00.123456Z","created_by":null,"members":[],"is_default":false}`

func from(source apiclient.KeySource) func(*apiclient.Config) {
	return func(config *apiclient.Config) { config.Keys = source }
}

func keysSeen(s *stage) []string {
	var keys []string
	for _, request := range s.seen() {
		keys = append(keys, strings.TrimPrefix(request.header.Get("Authorization"), "Bearer "))
	}
	return keys
}

func TestAKeyThatIsRefusedIsReadAgainAndTheCallGoesOutOnceMore(t *testing.T) {
	s := newStage(t)
	s.takesOnly(rotatedKey)
	var logged bytes.Buffer
	source := &rack{next: []string{rotatedKey}}
	client := s.client(t, from(source), func(c *apiclient.Config) { c.Logger = slog.New(slog.NewTextHandler(&logged, nil)) })
	if _, err := client.Reader().Role(t.Context(), organization, roleID); err != nil {
		t.Fatal(err)
	}
	// A write that was refused was not carried out, so it may go out again as well.
	if err := client.DeleteRole(t.Context(), organization, roleID); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(keysSeen(s), " "); got != canary+" "+rotatedKey+" "+rotatedKey {
		t.Errorf("sent %s", got)
	}
	if client.Key().Reveal() != rotatedKey || source.renewed.Load() != 1 || source.asked.Load() == 0 {
		t.Errorf("key %v, renewed %d times, asked %d times", client.Key(), source.renewed.Load(), source.asked.Load())
	}
	if said := logged.String(); !strings.Contains(said, "refused and read again") || strings.Contains(said, "CANARY") {
		t.Errorf("logged %s", said)
	}
}

func TestARotationThatIsRefusedGoesOutOnceMoreWithAnotherKey(t *testing.T) {
	s := newStage(t)
	s.handle(func(w http.ResponseWriter, r *http.Request) {
		give(w, http.StatusUnauthorized, refusal401)
	})
	client := s.client(t, from(&rack{next: []string{rotatedKey}}))
	if _, err := client.RotateSecretToken(t.Context(), organization, projectID, nil); !errors.Is(err, apiclient.ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
	if got := len(s.seen()); got != 2 {
		t.Errorf("sent %d times", got)
	}
}

func TestAKeyWithoutAnotherLetsTheRefusalStandAfterOneRequest(t *testing.T) {
	for name, source := range map[string]apiclient.KeySource{
		"no source": nil, "the same key": &rack{}, "a source that fails": &rack{err: errors.New("the vault is locked")},
		"what is no key": &rack{next: []string{"two words"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.takesOnly(rotatedKey)
			_, err := s.client(t, from(source)).Reader().Role(t.Context(), organization, roleID)
			if !errors.Is(err, apiclient.ErrUnauthorized) || len(s.seen()) != 1 {
				t.Errorf("%d requests, %v", len(s.seen()), err)
			}
		})
	}
}

func TestAKeyIsRenewedOnceACall(t *testing.T) {
	s := newStage(t)
	s.takesOnly("phx_nobody_has_this_one_0123456789")
	source := &rack{next: []string{rotatedKey, rotatedKey + "2", rotatedKey + "3"}}
	if _, err := s.client(t, from(source)).Reader().Role(t.Context(), organization, roleID); !errors.Is(err, apiclient.ErrUnauthorized) {
		t.Errorf("got %v", err)
	}
	if len(s.seen()) != 2 || source.renewed.Load() != 1 {
		t.Errorf("%d requests, renewed %d times", len(s.seen()), source.renewed.Load())
	}
}

func TestASignInThatHasEndedSaysSo(t *testing.T) {
	s := newStage(t)
	s.takesOnly(rotatedKey)
	_, err := s.client(t, from(&rack{err: apiclient.ErrSignInAgain})).Reader().Role(t.Context(), organization, roleID)
	var none *apiclient.KeyError
	if !errors.As(err, &none) || !errors.Is(err, apiclient.ErrSignInAgain) || !errors.Is(err, apiclient.ErrNotSent) {
		t.Errorf("got %v", err)
	}
}

func TestCallsThatAreRefusedTogetherShareOneRenewal(t *testing.T) {
	s := newStage(t)
	const calls = 6
	var refused sync.WaitGroup
	refused.Add(calls)
	s.handle(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer "+rotatedKey {
			give(w, http.StatusOK, roleBody)
			return
		}
		refused.Done()
		refused.Wait() // All are refused before one of them is renewed.
		give(w, http.StatusUnauthorized, refusal401)
	})
	source := &rack{next: []string{rotatedKey, rotatedKey + "2"}}
	reader := s.client(t, from(source)).Reader()
	var all sync.WaitGroup
	for range calls {
		all.Go(func() {
			if _, err := reader.Role(t.Context(), organization, roleID); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := source.renewed.Load(); got != 1 {
		t.Errorf("renewed %d times", got)
	}
}

func TestARenewalHoldsNobodyWhoDoesNotWaitForIt(t *testing.T) {
	s := newStage(t)
	s.takesOnly(rotatedKey)
	source := &rack{next: []string{rotatedKey}, wait: make(chan struct{})}
	reader := s.client(t, from(source)).Reader()
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := reader.Role(ctx, organization, roleID)
		first <- err
	}()
	for deadline := time.Now().Add(10 * time.Second); source.renewed.Load() == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody looks for another key")
		}
	}
	cancel()
	if err := <-first; err == nil {
		t.Error("it went well without a key")
	}
	close(source.wait)
	if _, err := reader.Role(t.Context(), organization, roleID); err != nil {
		t.Error(err)
	}
}

// PostHog refuses OAuth tokens where a personal key's record is read, with the
// 401 of a token that is no good.
func TestATokenIsNotRenewedWhereTokensAreNotTaken(t *testing.T) {
	for key, requests := range map[string]int{"pha_CANARY0123456789abcdefghijCANARY": 1, canary: 2} {
		s := newStage(t)
		s.answer(http.StatusUnauthorized, refusal401)
		client := s.client(t, from(&rack{next: []string{rotatedKey}}), func(c *apiclient.Config) { c.Key = redact.NewSecret(key) })
		if _, err := client.Reader().CurrentKey(t.Context()); !errors.Is(err, apiclient.ErrUnauthorized) || len(s.seen()) != requests {
			t.Errorf("%d requests, %v", len(s.seen()), err)
		}
	}
}

func TestWhatTheServerSaysOfARenewedKeyIsMaskedToo(t *testing.T) {
	const legacy = "CANARYlegacy0123456789abcdefghijklmn" // no prefix to know it by
	s := newStage(t)
	s.handle(func(w http.ResponseWriter, r *http.Request) {
		give(w, http.StatusUnauthorized, strings.ReplaceAll(refusal401, "Personal", strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
	})
	shared := redact.New()
	client := s.client(t, from(&rack{next: []string{legacy}}), func(c *apiclient.Config) { c.Redactor = shared })
	_, err := client.Reader().Role(t.Context(), organization, roleID)
	if err == nil || strings.Contains(err.Error(), "CANARY") || !strings.Contains(err.Error(), "…klmn") {
		t.Errorf("got %v", err)
	}
	if masked := shared.Text("it is " + legacy); strings.Contains(masked, "CANARY") {
		t.Errorf("others do not mask it: %s", masked)
	}
}
