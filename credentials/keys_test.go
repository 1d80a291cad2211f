package credentials_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/credentials"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/signin"
)

// authority is an authorization server that takes each refresh token once.
type authority struct {
	*httptest.Server

	mu     sync.Mutex
	valid  string // the refresh token that counts
	number int    // of the tokens given out
	asked  int
	down   bool
	during func()   // what happens while tokens are renewed
	ended  []string // the tokens that were revoked
	lives  time.Duration
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{valid: "phr_CANARY0", lives: time.Hour}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if r.URL.Path == "/revoke" {
			a.ended = append(a.ended, r.FormValue("token"))
			return
		}
		a.asked++
		if a.during != nil {
			a.during()
		}
		w.Header().Set("Content-Type", "application/json")
		switch {
		case a.down:
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"error":"temporarily_unavailable"}`))
		case r.FormValue("refresh_token") != a.valid:
			a.valid = "" // It looks stolen.
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
		default:
			a.number++
			a.valid = fmt.Sprintf("phr_CANARY%d", a.number)
			_ = json.NewEncoder(w).Encode(map[string]any{
				"access_token": fmt.Sprintf("pha_CANARYaccess%d", a.number), "refresh_token": a.valid, "token_type": "Bearer", "expires_in": int(a.lives / time.Second),
			})
		}
	}))
	t.Cleanup(a.Close)
	return a
}

func (a *authority) set(change func(*authority)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(a)
}

func (a *authority) requests() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.asked
}

// signedIn keeps a sign-in whose access token ends after a time.
func (a *authority) signedIn(t *testing.T, store *credentials.Store, lives time.Duration) (credentials.Profile, credentials.Secret) {
	t.Helper()
	secret := credentials.Secret{Key: redact.NewSecret("pha_CANARYaccess0"), Refresh: redact.NewSecret("phr_CANARY0"), Expires: time.Now().Add(lives)}
	profile, err := store.Save(t.Context(), credentials.Profile{
		Name: "work", Host: a.URL, Kind: credentials.OAuth, ClientID: a.URL + "/client.json",
		Server: &signin.Server{Issuer: a.URL, TokenEndpoint: a.URL + "/token", AuthorizationEndpoint: a.URL + "/authorize", RevocationEndpoint: a.URL + "/revoke"},
	}, secret)
	if err != nil {
		t.Fatal(err)
	}
	return profile, secret
}

func TestATokenIsRenewedAheadOfItsEndAndStored(t *testing.T) {
	a := newAuthority(t)
	store, _ := in(t, &memory{})
	profile, secret := a.signedIn(t, store, 30*time.Second)
	keys := store.Keys(profile, secret, a.Client())
	for range 3 {
		key, err := keys.Key(t.Context(), secret.Key)
		if err != nil || key.Reveal() != "pha_CANARYaccess1" {
			t.Fatalf("got %v, %v", key, err)
		}
	}
	kept, err := store.Secret(t.Context(), profile)
	if err != nil || kept.Key.Reveal() != "pha_CANARYaccess1" || kept.Refresh.Reveal() != "phr_CANARY1" || time.Until(kept.Expires) < 50*time.Minute {
		t.Errorf("stored %+v, %v", kept, err)
	}
	if a.requests() != 1 {
		t.Errorf("renewed %d times", a.requests())
	}
}

func TestATokenThatLastsIsLeftAlone(t *testing.T) {
	a := newAuthority(t)
	store, _ := in(t, &memory{})
	profile, secret := a.signedIn(t, store, time.Hour)
	if key, err := store.Keys(profile, secret, a.Client()).Key(t.Context(), secret.Key); err != nil || !key.Equal(secret.Key) || a.requests() != 0 {
		t.Errorf("got %v, %v, %d requests", key, err, a.requests())
	}
}

func TestProcessesRenewOneAfterTheOtherAndTheLaterOnesTakeWhatIsThere(t *testing.T) {
	a := newAuthority(t)
	_, folder := in(t, nil)
	keyring := &memory{}
	process := func() *credentials.Store {
		return credentials.Open(credentials.Options{Folder: folder, Keyring: keyring})
	}
	profile, secret := a.signedIn(t, process(), time.Second)
	var all sync.WaitGroup
	for range 5 {
		keys := process().Keys(profile, secret, a.Client())
		for range 3 {
			all.Go(func() {
				if key, err := keys.Key(t.Context(), secret.Key); err != nil || key.Reveal() != "pha_CANARYaccess1" {
					t.Errorf("got %v, %v", key, err)
				}
			})
		}
	}
	all.Wait()
	if a.requests() != 1 {
		t.Errorf("renewed %d times", a.requests())
	}
}

func TestATokenThatIsRefusedIsRenewed(t *testing.T) {
	a := newAuthority(t)
	store, _ := in(t, &memory{})
	profile, secret := a.signedIn(t, store, time.Hour)
	key, err := store.Keys(profile, secret, a.Client()).Renew(t.Context(), secret.Key)
	if err != nil || key.Reveal() != "pha_CANARYaccess1" {
		t.Errorf("got %v, %v", key, err)
	}
}

func TestANetworkThatFailsCostsNothingWhileTheTokenHolds(t *testing.T) {
	a := newAuthority(t)
	a.set(func(a *authority) { a.down = true })
	store, _ := in(t, &memory{})
	profile, secret := a.signedIn(t, store, 50*time.Second)
	keys := store.Keys(profile, secret, a.Client())
	for range 3 {
		if key, err := keys.Key(t.Context(), secret.Key); err != nil || !key.Equal(secret.Key) {
			t.Errorf("got %v, %v", key, err)
		}
	}
	if a.requests() != 1 {
		t.Errorf("tried %d times in a moment", a.requests())
	}
	ended := secret
	ended.Expires = time.Now().Add(-time.Minute)
	over := store.Keys(profile, ended, a.Client())
	if _, err := over.Key(t.Context(), secret.Key); err == nil || errors.Is(err, apiclient.ErrSignInAgain) || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("got %v", err)
	}
	a.set(func(a *authority) { a.down = false })
	if key, err := over.Key(t.Context(), secret.Key); err != nil || key.Reveal() != "pha_CANARYaccess1" {
		t.Errorf("got %v, %v", key, err)
	}
}

func TestASignInThatHasEndedAsksToSignInAgainAndHearsOfIt(t *testing.T) {
	a := newAuthority(t)
	a.set(func(a *authority) { a.valid = "phr_CANARYanother" })
	store, _ := in(t, &memory{})
	profile, secret := a.signedIn(t, store, -time.Second)
	keys := store.Keys(profile, secret, a.Client())
	for range 3 {
		_, err := keys.Key(t.Context(), secret.Key)
		if !errors.Is(err, apiclient.ErrSignInAgain) || !strings.Contains(err.Error(), "posthog-org-mcp login --profile work") || strings.Contains(err.Error(), "CANARY") {
			t.Fatalf("got %v", err)
		}
	}
	if a.requests() != 1 {
		t.Errorf("asked %d times with a token that has ended", a.requests())
	}
	save(t, store, credentials.Profile{Name: "work", Host: a.URL}, canary) // Now with a personal key.
	if key, err := keys.Key(t.Context(), secret.Key); err != nil || key.Reveal() != canary {
		t.Errorf("got %v, %v", key, err)
	}
}

func TestTokensThatCannotBeStoredAreUsedAndStoredLater(t *testing.T) {
	a := newAuthority(t)
	keyring := &memory{}
	store, folder := in(t, keyring)
	profile, secret := a.signedIn(t, store, time.Second)
	locking := &locked{memory: keyring}
	keys := credentials.Open(credentials.Options{Folder: folder, Keyring: locking}).Keys(profile, secret, a.Client())
	key, err := keys.Key(t.Context(), secret.Key)
	if err != nil || key.Reveal() != "pha_CANARYaccess1" {
		t.Fatalf("got %v, %v", key, err)
	}
	if kept, _ := store.Secret(t.Context(), profile); kept.Refresh.Reveal() != "phr_CANARY0" {
		t.Fatal("it was stored: the test tests nothing")
	}
	locking.open.Store(true)
	if _, err := keys.Key(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if kept, err := store.Secret(t.Context(), profile); err != nil || kept.Refresh.Reveal() != "phr_CANARY1" {
		t.Errorf("stored %+v, %v", kept, err)
	}
}

func TestTokensAreNotRenewedAtAServerThatIsNotTheHosts(t *testing.T) {
	a := newAuthority(t)
	store, _ := in(t, &memory{})
	secret := credentials.Secret{Key: redact.NewSecret("pha_CANARYaccess0"), Refresh: redact.NewSecret("phr_CANARY0"), Expires: time.Now()}
	profile, err := store.Save(t.Context(), credentials.Profile{
		Name: "work", Host: "https://eu.posthog.com", Kind: credentials.OAuth,
		Server: &signin.Server{Issuer: a.URL, TokenEndpoint: a.URL + "/token", AuthorizationEndpoint: a.URL + "/authorize"},
	}, secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Keys(profile, secret, a.Client()).Key(t.Context(), secret.Key); err == nil || !strings.Contains(err.Error(), "another host than its own") {
		t.Errorf("got %v", err)
	}
	if a.requests() != 0 {
		t.Error("the refresh token was sent there")
	}
}

func TestForgettingWaitsForARenewalAndGetsItsTokens(t *testing.T) {
	a := newAuthority(t)
	keyring := &memory{}
	store, _ := in(t, keyring)
	profile, secret := a.signedIn(t, store, time.Second)
	a.set(func(a *authority) {
		a.during = func() {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if _, err := store.Forget(ctx, "work"); err == nil {
				t.Error("it is forgotten while it is renewed")
			}
			if _, err := store.Save(ctx, credentials.Profile{Name: "work", Host: a.URL}, secret); err == nil {
				t.Error("it is replaced while it is renewed")
			}
		}
	})
	if key, err := store.Keys(profile, secret, a.Client()).Key(t.Context(), secret.Key); err != nil || key.Reveal() != "pha_CANARYaccess1" {
		t.Fatalf("got %v, %v", key, err)
	}
	gone, err := store.Forget(t.Context(), "work")
	if err != nil || gone.Unread != nil || gone.Secret.Refresh.Reveal() != "phr_CANARY1" || gone.Profile.Entry != profile.Entry || len(keyring.kept) != 0 {
		t.Errorf("got %+v, %v; the keyring has %d", gone, err, len(keyring.kept))
	}
}

func TestASignInThatIsReplacedIsHandedOut(t *testing.T) {
	a := newAuthority(t)
	store, _ := in(t, &memory{})
	_, secret := a.signedIn(t, store, time.Hour)
	again := save(t, store, credentials.Profile{Name: "work"}, canary)
	if again.Replaced == nil || !again.Replaced.Secret.Refresh.Equal(secret.Refresh) || again.Replaced.Profile.Host != a.URL {
		t.Errorf("got %+v", again.Replaced)
	}
}

func TestTokensOfAProfileThatIsGoneMeanwhileAreRevoked(t *testing.T) {
	for name, late := range map[string]bool{"at once": false, "stored late": true} {
		t.Run(name, func(t *testing.T) {
			a := newAuthority(t)
			keyring := &memory{}
			store, folder := in(t, keyring)
			profile, secret := a.signedIn(t, store, -time.Second)
			remove := func() {
				if err := os.Remove(store.File()); err != nil { // without asking for the lock
					t.Error(err)
				}
			}
			locking := &locked{memory: keyring}
			keys := credentials.Open(credentials.Options{Folder: folder, Keyring: locking}).Keys(profile, secret, a.Client())
			if late {
				if _, err := keys.Key(t.Context(), secret.Key); err != nil {
					t.Fatal(err)
				}
				remove()
				locking.open.Store(true)
				_, _ = keys.Key(t.Context(), secret.Key)
			} else {
				a.set(func(a *authority) { a.during = remove })
				if _, err := keys.Key(t.Context(), secret.Key); !errors.Is(err, credentials.ErrUnknown) {
					t.Errorf("got %v", err)
				}
			}
			a.set(func(a *authority) {
				if !slices.Equal(a.ended, []string{"phr_CANARY1", "pha_CANARYaccess1"}) {
					t.Errorf("revoked %q", a.ended)
				}
			})
			for _, kept := range keyring.kept {
				if strings.Contains(kept, "CANARY1") {
					t.Error("the new tokens are kept")
				}
			}
		})
	}
}

func TestARotatedPersonalKeyIsReadAgain(t *testing.T) {
	store, _ := in(t, nil)
	profile := save(t, store, credentials.Profile{Name: "work"}, canary)
	keys := store.Keys(profile, credentials.Secret{Key: redact.NewSecret(canary)}, nil)
	if key, err := keys.Renew(t.Context(), redact.NewSecret(canary)); err != nil || key.Reveal() != canary {
		t.Errorf("got %v, %v", key, err)
	}
	save(t, store, credentials.Profile{Name: "work"}, canary+"2")
	if key, err := keys.Renew(t.Context(), redact.NewSecret(canary)); err != nil || key.Reveal() != canary+"2" {
		t.Errorf("got %v, %v", key, err)
	}
}

func TestAProfileThatLeadsElsewhereByNowGivesNoKey(t *testing.T) {
	store, _ := in(t, nil)
	profile := save(t, store, credentials.Profile{Name: "work"}, canary)
	keys := store.Keys(profile, credentials.Secret{Key: redact.NewSecret(canary)}, nil)
	save(t, store, credentials.Profile{Name: "work", Host: "https://us.posthog.com"}, canary+"2")
	if key, err := keys.Renew(t.Context(), redact.NewSecret(canary)); err == nil || !strings.Contains(err.Error(), "Restart the server") {
		t.Errorf("got %v, %v", key, err)
	}
	if _, err := store.Forget(t.Context(), "work"); err != nil {
		t.Fatal(err)
	}
	if _, err := keys.Renew(t.Context(), redact.NewSecret(canary)); !errors.Is(err, credentials.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}
