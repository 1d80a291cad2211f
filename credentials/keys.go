package credentials

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/signin"
)

const (
	// ahead is how long before its end an access token is renewed.
	ahead = time.Minute
	// rest is how long nobody tries again after a renewal that failed, while the
	// token still holds.
	rest = 5 * time.Second
	// refreshTime bounds one renewal, which goes on when its caller leaves: what the
	// server has given out by then is all that the sign-in consists of.
	refreshTime = 30 * time.Second
)

// Keys are the keys of a profile as they come: what is kept is read again when
// PostHog refuses one, and tokens are renewed a minute before they end. It is an
// apiclient.KeySource.
//
// A refresh token counts once, and one that is used twice looks stolen. So one
// process renews at a time, reads first what another may have stored meanwhile,
// and stores what it got before it is used.
type Keys struct {
	store  *Store
	host   string
	client *http.Client
	now    func() time.Time
	flight singleflight.Group

	mu       sync.Mutex // guards all below
	profile  Profile
	secret   Secret
	unstored bool          // secret could not be stored yet
	failed   time.Time     // the last renewal that failed
	ended    redact.Secret // the refresh token that the server takes no more
}

// Keys returns the keys of a profile, which begin with the secret that was read.
// A nil client is one that heeds the proxies of the environment.
func (s *Store) Keys(profile Profile, secret Secret, client *http.Client) *Keys {
	if client == nil {
		client = signin.NewClient(service)
	}
	return &Keys{store: s, host: profile.Host, client: client, now: time.Now, profile: profile, secret: secret}
}

// Key returns the key to send now. That is another one than the one in use where
// a token is about to end. One that cannot be renewed is used until its end.
func (k *Keys) Key(ctx context.Context, _ redact.Secret) (redact.Secret, error) {
	k.mu.Lock()
	secret, now, resting := k.secret, k.now(), k.now().Sub(k.failed) < rest
	k.mu.Unlock()
	left := secret.Expires.Sub(now)
	switch {
	case secret.Expires.IsZero() || left > ahead:
		k.storeLate(ctx)
		return secret.Key, nil
	case left > 0 && resting:
		return secret.Key, nil
	}
	key, err := k.renew(ctx, secret.Key)
	if err != nil && left > 0 {
		return secret.Key, nil
	}
	return key, err
}

// Renew looks for another key after one was refused. The error of a sign-in that
// has ended matches apiclient.ErrSignInAgain.
func (k *Keys) Renew(ctx context.Context, refused redact.Secret) (redact.Secret, error) {
	return k.renew(ctx, refused)
}

// renew has one renewal under way at a time, which no caller can break off.
func (k *Keys) renew(ctx context.Context, old redact.Secret) (redact.Secret, error) {
	renewal := k.flight.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTime)
		defer cancel()
		return k.renewAlone(ctx, old)
	})
	select {
	case done := <-renewal:
		if done.Err != nil {
			return redact.Secret{}, done.Err
		}
		return done.Val.(redact.Secret), nil
	case <-ctx.Done():
		return redact.Secret{}, ctx.Err()
	}
}

func (k *Keys) renewAlone(ctx context.Context, old redact.Secret) (key redact.Secret, err error) {
	defer func() {
		if err != nil {
			k.mu.Lock()
			k.failed = k.now()
			k.mu.Unlock()
		}
	}()
	k.mu.Lock()
	name, ended := k.profile.Name, k.ended
	k.mu.Unlock()
	unlock, err := k.store.lockRenewing(ctx, name)
	if err != nil {
		return redact.Secret{}, err
	}
	defer unlock()
	profile, kept, err := k.kept(ctx, name)
	if err != nil {
		return redact.Secret{}, err
	}
	switch {
	case !kept.Key.Equal(old) && !kept.endsSoon(k.now()):
		k.use(profile, kept) // Somebody else has renewed it, or signed in again.
		return kept.Key, nil
	case profile.Kind != OAuth:
		return kept.Key, nil
	case kept.Refresh.IsZero(), kept.Refresh.Equal(ended), profile.Server == nil:
		return redact.Secret{}, signInAgain(profile, nil)
	}
	if err := CheckServer(profile); err != nil {
		return redact.Secret{}, err
	}
	token, err := signin.Refresh(ctx, *profile.Server, profile.ClientID, kept.Refresh, k.client)
	if errors.Is(err, signin.ErrSignInAgain) {
		k.mu.Lock()
		k.ended = kept.Refresh
		k.mu.Unlock()
		return redact.Secret{}, signInAgain(profile, err)
	}
	if err != nil {
		return redact.Secret{}, &Fault{
			What: fmt.Sprintf("The sign-in of the profile %q could not be renewed: %s.", profile.Name, strings.TrimSuffix(err.Error(), ".")),
			Next: "Try again.", Err: err,
		}
	}
	renewed := SecretOf(token)
	storing := k.keep(ctx, profile, renewed)
	if errors.Is(storing, errGone) {
		k.use(profile, kept) // What was renewed is revoked.
		profile, kept, err = k.kept(ctx, name)
		if err != nil {
			return redact.Secret{}, err
		}
		k.use(profile, kept) // Somebody has signed in again meanwhile.
		return kept.Key, nil
	}
	k.use(profile, renewed)
	k.mu.Lock()
	k.unstored = storing != nil
	k.mu.Unlock()
	return renewed.Key, nil
}

// errGone is a sign-in that its profile does not stand for any more.
var errGone = errors.New("the profile has another sign-in, or is forgotten")

// keep stores tokens where the profile still stands for their sign-in. Where it
// does not, they are revoked: nobody would know of them any more. Whoever calls it
// holds the lock of renewals.
func (k *Keys) keep(ctx context.Context, profile Profile, secret Secret) error {
	now, err := k.store.Profile(profile.Name)
	switch {
	case err == nil && now.Entry == profile.Entry:
		return k.store.put(ctx, profile, secret)
	case err == nil, errors.Is(err, ErrUnknown):
		token := signin.Token{Access: secret.Key, Refresh: secret.Refresh, Expires: secret.Expires}
		return errors.Join(errGone, signin.Revoke(ctx, *profile.Server, profile.ClientID, token, k.client))
	}
	return err
}

// kept is what is kept of the profile by now, which may be another sign-in.
func (k *Keys) kept(ctx context.Context, name string) (Profile, Secret, error) {
	k.mu.Lock()
	profile, secret, unstored := k.profile, k.secret, k.unstored
	k.mu.Unlock()
	if unstored {
		return profile, secret, nil // What is stored is older.
	}
	profile, err := k.store.Profile(name)
	if err != nil {
		return Profile{}, Secret{}, err
	}
	if profile.Host != k.host {
		return Profile{}, Secret{}, &Fault{
			What: fmt.Sprintf("The profile %q is for %s by now, and this server works on %s.", name, profile.Host, k.host),
			Next: "Restart the server.",
		}
	}
	secret, err = k.store.Secret(ctx, profile)
	return profile, secret, err
}

func (k *Keys) use(profile Profile, secret Secret) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.profile, k.secret, k.unstored, k.failed = profile, secret, false, time.Time{}
}

// storeLate stores tokens that could not be stored when they came: a keyring may
// have been locked.
func (k *Keys) storeLate(ctx context.Context) {
	k.mu.Lock()
	profile, secret, late := k.profile, k.secret, k.unstored && k.now().Sub(k.failed) >= rest
	if late {
		k.failed = k.now()
	}
	k.mu.Unlock()
	if !late {
		return
	}
	unlock, err := k.store.lockRenewing(ctx, profile.Name)
	if err != nil {
		return
	}
	defer unlock()
	if err := k.keep(ctx, profile, secret); err != nil && !errors.Is(err, errGone) {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.secret.Key.Equal(secret.Key) {
		k.unstored = false
	}
}

func (s Secret) endsSoon(now time.Time) bool {
	return !s.Expires.IsZero() && s.Expires.Sub(now) <= ahead
}

// CheckServer refuses a profile whose authorization server is not its host's, as
// no sign-in makes it. Whoever sends its tokens there calls this first.
func CheckServer(profile Profile) error {
	host, err := url.Parse(profile.Host)
	if err == nil && profile.Server != nil {
		err = profile.Server.Check(host)
	}
	if err != nil {
		return &Fault{
			What: fmt.Sprintf("The sign-in of the profile %q leads to another host than its own: %s.", profile.Name, strings.TrimSuffix(err.Error(), ".")),
			Next: again(profile), Err: err,
		}
	}
	return nil
}

// signInAgain is a sign-in that only the person can begin again.
func signInAgain(profile Profile, cause error) error {
	return &Fault{
		What: fmt.Sprintf("The sign-in of the profile %q has ended.", profile.Name),
		Next: again(profile), Err: cause, kind: apiclient.ErrSignInAgain,
	}
}
