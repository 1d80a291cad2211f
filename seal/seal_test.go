package seal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

const (
	confirmation Purpose = "confirmation"
	state        Purpose = "state"
	life                 = 10 * time.Minute
)

var (
	shown = sha256.Sum256([]byte("delete role Support"))
	other = sha256.Sum256([]byte("delete role Support with one more member"))
	given = []byte("sixteen bytes and a few")
)

func bound() []string { return []string{"roles-delete", `{"role":"Support"}`, "org-1", "key-1"} }

func sealer(t testing.TB, secret []byte) *Sealer {
	t.Helper()
	s, err := New(secret)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func mustBe(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
}

func TestASealOpensOnce(t *testing.T) {
	t.Parallel()
	s := sealer(t, nil)
	sealed := s.Seal(confirmation, bound(), shown, life)
	mustBe(t, s.Open(confirmation, bound(), shown, sealed), nil)
	mustBe(t, s.Open(confirmation, bound(), shown, sealed), ErrUsed)
	mustBe(t, s.Open(confirmation, bound(), other, sealed), ErrUsed)
}

func TestOfManyThatOpenOneSealOneSucceeds(t *testing.T) {
	t.Parallel()
	s := sealer(t, nil)
	sealed := s.Seal(confirmation, bound(), shown, life)
	var opened, refused atomic.Int32
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			switch err := s.Open(confirmation, bound(), shown, sealed); {
			case err == nil:
				opened.Add(1)
			case errors.Is(err, ErrUsed):
				refused.Add(1)
			}
		})
	}
	all.Wait()
	if opened.Load() != 1 || refused.Load() != 99 {
		t.Errorf("%d opened it, %d were told that it was used", opened.Load(), refused.Load())
	}
}

func TestASealIsShortAndEasyToCopy(t *testing.T) {
	t.Parallel()
	s := sealer(t, nil)
	plain := regexp.MustCompile(`^[a-z2-7]{64}$`)
	seen := map[string]bool{}
	for range 1000 {
		sealed := s.Seal(confirmation, bound(), shown, life)
		if !plain.MatchString(sealed) || len(sealed) != Length {
			t.Fatalf("%q", sealed)
		}
		if seen[sealed] {
			t.Fatalf("%q came twice", sealed)
		}
		seen[sealed] = true
	}
}

func TestASealExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sealer(t, nil)
		time.Sleep(300 * time.Millisecond)
		early, late, never := s.Seal(confirmation, bound(), shown, life), s.Seal(confirmation, bound(), shown, life), s.Seal(confirmation, bound(), shown, -life)
		mustBe(t, s.Open(confirmation, bound(), shown, never), ErrExpired)
		time.Sleep(life)
		mustBe(t, s.Open(confirmation, bound(), shown, early), nil)
		time.Sleep(700 * time.Millisecond) // the second is full
		mustBe(t, s.Open(confirmation, bound(), shown, early), ErrExpired)
		mustBe(t, s.Open(confirmation, bound(), shown, late), ErrExpired)
	})
}

func TestOpenedSealsAreForgottenWhenTheyExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sealer(t, nil)
		for range 500 {
			mustBe(t, s.Open(confirmation, bound(), shown, s.Seal(confirmation, bound(), shown, life)), nil)
			time.Sleep(life / 10)
			if n := len(s.used.expires); n > 11 {
				t.Fatalf("%d are held", n)
			}
		}
	})
}

func TestAClockSetBackBringsNoUsedSealBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var u used
		expiry := inSeconds(time.Now().Add(life))
		mustBe(t, u.add(nonce{1}, expiry), nil)
		time.Sleep(life)
		mustBe(t, u.add(nonce{2}, expiry+60), nil)
		if len(u.expires) != 1 || u.dropped != expiry {
			t.Errorf("%d are held, the last one dropped expired at %d", len(u.expires), u.dropped)
		}
		u.dropped = expiry + 30 // as if the clock had shown that much, and was set back
		mustBe(t, u.add(nonce{3}, expiry+30), ErrExpired)
		mustBe(t, u.add(nonce{4}, expiry+31), nil)
	})
}

func TestWhatWasShownMustBeWhatWouldBeDone(t *testing.T) {
	t.Parallel()
	s := sealer(t, nil)
	sealed := s.Seal(confirmation, bound(), shown, life)
	mustBe(t, s.Open(confirmation, bound(), other, sealed), ErrChanged)
	mustBe(t, s.Open(confirmation, bound(), shown, sealed), ErrUsed)
}

func TestAnAlteredSealIsForeign(t *testing.T) {
	t.Parallel()
	s := sealer(t, nil)
	sealed := s.Seal(confirmation, bound(), shown, life)
	for i := range len(sealed) {
		for _, letter := range []byte("abcdefghijklmnopqrstuvwxyz234567A0189-_= \n\x00\xff") {
			if letter == sealed[i] {
				continue
			}
			altered := []byte(sealed)
			altered[i] = letter
			if err := s.Open(confirmation, bound(), shown, string(altered)); !errors.Is(err, ErrForeign) {
				t.Errorf("%q at %d: %v", letter, i, err)
			}
		}
	}
	for name, altered := range map[string]string{
		"empty": "", "cut": sealed[1:], "cut at the end": sealed[:63], "longer": sealed + "a", "twice": sealed + sealed,
		"line break": sealed + "\n", "line break inside": sealed[:32] + "\n" + sealed[32:], "in capitals": strings.ToUpper(sealed),
		"turned round": sealed[32:] + sealed[:32],
	} {
		if err := s.Open(confirmation, bound(), shown, altered); !errors.Is(err, ErrForeign) {
			t.Errorf("%s: %v", name, err)
		}
	}
	mustBe(t, s.Open(confirmation, bound(), shown, sealed), nil) // nothing of this used it up
}

func TestASealIsForWhatWasBoundToItAlone(t *testing.T) {
	t.Parallel()
	s := sealer(t, nil)
	sealed := s.Seal(confirmation, bound(), shown, life)
	mustBe(t, s.Open(state, bound(), shown, sealed), ErrForeign)
	mustBe(t, s.Open("", bound(), shown, sealed), ErrForeign)
	for i := range bound() {
		changed := bound()
		changed[i] += "x"
		mustBe(t, s.Open(confirmation, changed, shown, sealed), ErrForeign)
		changed[i] = ""
		mustBe(t, s.Open(confirmation, changed, shown, sealed), ErrForeign)
		mustBe(t, s.Open(confirmation, slices.Delete(bound(), i, i+1), shown, sealed), ErrForeign)
	}
	swapped := bound()
	slices.Reverse(swapped)
	mustBe(t, s.Open(confirmation, swapped, shown, sealed), ErrForeign)
	mustBe(t, s.Open(confirmation, nil, shown, sealed), ErrForeign)
	mustBe(t, s.Open(confirmation, bound(), shown, sealed), nil)
}

func TestListsThatReadTheSameWhenJoinedAreTold(t *testing.T) {
	t.Parallel()
	s := sealer(t, nil)
	type binding struct {
		purpose Purpose
		bound   []string
	}
	alike := []binding{
		{"p", []string{"ab", "c"}}, {"p", []string{"a", "bc"}}, {"p", []string{"abc"}}, {"p", []string{"abc", ""}},
		{"p", []string{"", "abc"}}, {"pa", []string{"b", "c"}}, {"pabc", nil}, {"pabc", []string{""}},
		{"p", []string{"a\x00b", "c"}}, {"p", []string{"a", "b", "c"}},
	}
	for i, made := range alike {
		sealed := s.Seal(made.purpose, made.bound, shown, life)
		for j, asked := range alike {
			if i != j {
				mustBe(t, s.Open(asked.purpose, asked.bound, shown, sealed), ErrForeign)
			}
		}
		mustBe(t, s.Open(made.purpose, made.bound, shown, sealed), nil)
	}
}

func TestSealersOfOneSecretOpenEachOthersSeals(t *testing.T) {
	t.Parallel()
	one, two := sealer(t, given), sealer(t, bytes.Clone(given))
	for range 2 {
		sealed := one.Seal(confirmation, bound(), shown, life)
		mustBe(t, two.Open(confirmation, bound(), shown, sealed), nil)
		mustBe(t, two.Open(confirmation, bound(), shown, sealed), ErrUsed)
		one, two = two, one
	}
	if one.Fingerprint("phx_key") != two.Fingerprint("phx_key") {
		t.Error("they disagree on a fingerprint")
	}
}

func TestSealersOfOtherSecretsOpenNothingOfEachOther(t *testing.T) {
	t.Parallel()
	for name, foreign := range map[string]*Sealer{
		"another secret": sealer(t, append([]byte("x"), given...)), "a random one": sealer(t, nil), "an empty one": sealer(t, []byte{}),
	} {
		for _, own := range []*Sealer{sealer(t, given), sealer(t, nil)} {
			sealed := foreign.Seal(confirmation, bound(), shown, life)
			if err := own.Open(confirmation, bound(), shown, sealed); !errors.Is(err, ErrForeign) {
				t.Errorf("%s: %v", name, err)
			}
			if own.Fingerprint("phx_key") == foreign.Fingerprint("phx_key") {
				t.Errorf("%s: the same fingerprint", name)
			}
		}
	}
}

func TestAShortSecretIsRefused(t *testing.T) {
	t.Parallel()
	for _, length := range []int{1, MinSecret - 1} {
		if _, err := New(bytes.Repeat([]byte("~"), length)); err == nil || strings.Contains(err.Error(), "~") {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
	sealer(t, bytes.Repeat([]byte("~"), MinSecret))
}

func TestAFingerprintTellsSecretsApartAndShowsNothing(t *testing.T) {
	t.Parallel()
	s := sealer(t, nil)
	print := s.Fingerprint("phx_one")
	if print != s.Fingerprint("phx_one") || print == s.Fingerprint("phx_two") || print == s.Fingerprint("") {
		t.Errorf("%q does not tell secrets apart", print)
	}
	if !regexp.MustCompile(`^[a-z2-7]{24}$`).MatchString(print) || strings.Contains(print, "one") {
		t.Errorf("%q", print)
	}
}

func TestAnExpiryStaysWithinWhatASealCarries(t *testing.T) {
	t.Parallel()
	for at, want := range map[time.Time]uint32{
		time.Unix(-5, 0): 0, time.Unix(7, 0): 7, time.Unix(7, 1): 8, time.Unix(math.MaxUint32, 1): math.MaxUint32,
	} {
		if got := inSeconds(at); got != want {
			t.Errorf("%v: %d, want %d", at, got, want)
		}
	}
	s := sealer(t, nil)
	mustBe(t, s.Open(confirmation, nil, shown, s.Seal(confirmation, nil, shown, math.MaxInt64)), nil)
}

func FuzzOpen(f *testing.F) {
	s := sealer(f, given)
	good := s.Seal(confirmation, bound(), shown, life)
	f.Add("confirmation", "roles-delete", good)
	f.Add("state", "roles-delete", good)
	f.Add("", "", good[:40])
	f.Add("confirmation", "", strings.Repeat("\n", Length))
	f.Fuzz(func(t *testing.T, purpose, value, sealed string) {
		// Whoever does not hold the secret gets nothing opened, whatever they send.
		err := s.Open(Purpose(purpose), []string{value}, shown, sealed)
		if !errors.Is(err, ErrForeign) {
			t.Errorf("%q opened: %v", sealed, err)
		}
	})
}
