package redact_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"posthog-org-mcp/redact"
)

const (
	canaryToken  = "phs_CANARY0123456789abcdefghijkl"
	canaryLegacy = "legacyCANARYkeywithoutprefix0123456789"
)

func TestASecretShowsOnlyItsMaskHoweverItIsPrinted(t *testing.T) {
	secret := redact.NewSecret(canaryToken)
	holder := struct{ Key redact.Secret }{secret}
	asJSON, err := json.Marshal(holder)
	if err != nil {
		t.Fatal(err)
	}
	asMapKey, err := json.Marshal(map[redact.Secret]int{secret: 1})
	if err != nil {
		t.Fatal(err)
	}
	printed := []string{
		secret.String(), fmt.Sprint(secret), fmt.Sprintf("%s %v %+v %#v %q %x %X %d", secret, secret, secret, secret, secret, secret, secret, secret),
		fmt.Sprintf("%v %+v %#v", holder, holder, holder), fmt.Sprintf("%v", &secret),
		fmt.Errorf("key %v", secret).Error(), string(asJSON), string(asMapKey),
	}
	hexed := fmt.Sprintf("%x", canaryToken)
	for _, text := range printed {
		if strings.Contains(text, "CANARY") || strings.Contains(text, hexed[:20]) {
			t.Errorf("printed whole: %s", text)
		}
	}
	if secret.Reveal() != canaryToken {
		t.Errorf("Reveal() = %q", secret.Reveal())
	}
}

func TestAMaskTellsKeysApartAndGivesNoneAway(t *testing.T) {
	for _, test := range []struct{ value, want string }{
		{"", ""},
		{"short", "…"},
		{"phx_short", "phx_…"},
		{canaryToken, "phs_…ijkl"},
		{canaryLegacy, "…6789"},
	} {
		if got := redact.Mask(test.value); got != test.want {
			t.Errorf("Mask(%q) = %q, want %q", test.value, got, test.want)
		}
	}
}

func TestTextIsMaskedByShapeAndByKnownValue(t *testing.T) {
	redactor := redact.New(redact.NewSecret(canaryLegacy), redact.NewSecret("tiny"))
	for _, test := range []struct{ text, want string }{
		{"nothing here", "nothing here"},
		{"Bearer " + canaryToken + ".", "Bearer phs_…ijkl."},
		{`{"a":"phx_CANARY0123456789abcdefgh"}`, `{"a":"phx_…efgh"}`},
		{"pha_CANARY0123456789abcdefgh and phr_CANARY0123456789abcdefgh", "pha_…efgh and phr_…efgh"},
		{"key=" + canaryLegacy, "key=…6789"},
		{"the public phc_token0123456789abcdef stays", "the public phc_token0123456789abcdef stays"},
		{"a tiny word is no secret", "a tiny word is no secret"},
	} {
		if got := redactor.Text(test.text); got != test.want {
			t.Errorf("Text(%q) = %q, want %q", test.text, got, test.want)
		}
		if again := redactor.Text(redactor.Text(test.text)); again != test.want {
			t.Errorf("masking %q twice gives %q", test.text, again)
		}
	}
}

func TestALogCarriesNoSecretInAnyPlace(t *testing.T) {
	var out bytes.Buffer
	redactor := redact.New(redact.NewSecret(canaryLegacy))
	logger := slog.New(redactor.Handler(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	logger = logger.With("with", canaryToken).WithGroup("group").With("in_group", canaryLegacy)
	logger.Info("message "+canaryToken,
		"string", canaryToken, "error", errors.New("refused "+canaryLegacy),
		slog.Group("nested", "deep", canaryToken), "struct", struct{ Text string }{canaryToken},
		"secret", redact.NewSecret(canaryToken), "list", []string{canaryToken}, "number", 7,
	)
	if strings.Contains(out.String(), "CANARY") {
		t.Errorf("the log shows a secret:\n%s", out.String())
	}
	if !strings.Contains(out.String(), "number=7") || strings.Count(out.String(), "ijkl") < 5 {
		t.Errorf("the log lost what it should keep:\n%s", out.String())
	}
}

func TestASecretIsReadFromJSONWithoutBeingQuotedInErrors(t *testing.T) {
	var holder struct{ Token redact.Secret }
	if err := json.Unmarshal([]byte(`{"Token":"`+canaryToken+`"}`), &holder); err != nil || holder.Token.Reveal() != canaryToken {
		t.Errorf("read %q, %v", holder.Token.Reveal(), err)
	}
	if err := json.Unmarshal([]byte(`{"Token":null}`), &holder); err != nil {
		t.Errorf("null: %v", err)
	}
	err := json.Unmarshal([]byte(`{"Token":["`+canaryToken+`"]}`), &holder)
	if err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("a list instead of a token: %v", err)
	}
}

func TestARedactorLearnsWhatComesLater(t *testing.T) {
	redactor := redact.New(redact.NewSecret("another key without a prefix"))
	var readers sync.WaitGroup
	readers.Go(func() {
		for range 100 {
			redactor.Text(canaryLegacy)
		}
	})
	redactor.Learn(redact.NewSecret(canaryLegacy), redact.NewSecret("tiny"))
	readers.Wait()
	if got := redactor.Text("tiny " + canaryLegacy + ", another key without a prefix"); got != "tiny …6789, …efix" {
		t.Errorf("got %q", got)
	}
}
