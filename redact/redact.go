// Package redact keeps keys and tokens out of everything that is printed,
// logged, returned or stored. It is the only place that knows what a PostHog
// secret looks like, so logs, errors, results and panics all agree.
package redact

import (
	"encoding/json"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
)

// Redactor masks secrets in free text: whatever looks like a PostHog token,
// and the literal values it knows (older personal keys have no prefix to know
// them by). The zero value masks by shape alone. It is safe for concurrent use;
// copies must not be made.
type Redactor struct {
	known atomic.Pointer[strings.Replacer]

	mu     sync.Mutex // guards learnt
	learnt []Secret
}

// New returns a Redactor that also masks the given values wherever they stand.
func New(known ...Secret) *Redactor {
	r := &Redactor{}
	r.Learn(known...)
	return r
}

// Learn has the given values masked from now on, besides those that were known
// before: a key that is renewed while the program runs.
func (r *Redactor) Learn(secrets ...Secret) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range secrets {
		if !slices.ContainsFunc(r.learnt, secret.Equal) {
			r.learnt = append(r.learnt, secret)
		}
	}
	r.known.Store(replacer(r.learnt))
}

// replacer masks the values of secrets; nil where there is nothing to mask.
func replacer(secrets []Secret) *strings.Replacer {
	var values []string
	for _, secret := range secrets {
		// A value this short would mask ordinary words, and no key is so short.
		if len(secret.value) >= 8 {
			values = append(values, secret.value)
			// Inside of JSON text the value may be written with escapes.
			if quoted, err := json.Marshal(secret.value); err == nil && string(quoted[1:len(quoted)-1]) != secret.value {
				values = append(values, string(quoted[1:len(quoted)-1]))
			}
		}
	}
	if len(values) == 0 {
		return nil
	}
	// The longest value goes first, so that one secret inside another leaves no rest.
	sort.Slice(values, func(i, j int) bool { return len(values[i]) > len(values[j]) })
	var pairs []string
	for _, value := range values {
		pairs = append(pairs, value, Mask(value))
	}
	return strings.NewReplacer(pairs...)
}

// maskKnown masks the values that are known.
func (r *Redactor) maskKnown(s string) string {
	if r == nil {
		return s
	}
	if known := r.known.Load(); known != nil {
		return known.Replace(s)
	}
	return s
}

// Text returns s with every secret masked. Masking twice is the same as once.
func (r *Redactor) Text(s string) string {
	s = r.maskKnown(s)
	if !strings.Contains(s, "ph") {
		return s
	}
	return tokenShape.ReplaceAllStringFunc(s, Mask)
}

// TextBut is Text, except that the given tokens stay readable: for the one
// answer that is meant to show them. What the Redactor knows never does.
func (r *Redactor) TextBut(s string, shown ...Secret) string {
	if len(shown) == 0 {
		return r.Text(s)
	}
	s = r.maskKnown(s)
	return tokenShape.ReplaceAllStringFunc(s, func(token string) string {
		if slices.ContainsFunc(shown, NewSecret(token).Equal) {
			return token
		}
		return Mask(token)
	})
}

// tokenShape matches the secret kinds of token: personal keys (phx_), OAuth
// access and refresh tokens (pha_, phr_), project secret tokens (phs_). The
// public project token (phc_) opens nothing and stays readable.
var tokenShape = regexp.MustCompile(`ph[xars]_[A-Za-z0-9_\-]{6,}`)

// Mask shows enough of a secret to tell two apart, and too little to use:
// a known prefix, an ellipsis, and the last four characters of a long value.
func Mask(value string) string {
	if value == "" {
		return ""
	}
	var prefix string
	if len(value) > 4 && value[:2] == "ph" && value[3] == '_' {
		prefix = value[:4]
	}
	if len(value)-len(prefix) < 16 {
		return prefix + "…"
	}
	return prefix + "…" + value[len(value)-4:]
}
