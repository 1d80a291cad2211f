package sandbox

import "testing"

func TestAKeysScopesCanBeChangedAtAnyTime(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.get(ReadOnlyKey, here+"/roles/").is(200)
	for _, scopes := range [][]string{{"user:read"}, nil} {
		if err := s.SetScopes(t.Context(), ReadOnlyKey, scopes...); err != nil {
			t.Fatal(err)
		}
		s.ask(ReadOnlyKey, "GET", here+"/roles/", "").refused(missingScope.says("organization:read"))
	}
	if err := s.SetScopes(t.Context(), ReadOnlyKey, "organization:write"); err != nil {
		t.Fatal(err)
	}
	s.ask(ReadOnlyKey, "POST", here+"/roles/", `{"name": "x"}`).is(201)
	if err := s.SetScopes(t.Context(), "phx_nobodys", "*"); err == nil {
		t.Error("the scopes of a key that does not exist were changed")
	}
}

func TestAKeyThatIsRolledOpensNothingAnyMore(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	const rolled = "phx_rolled_0123456789"
	if err := s.RollKey(t.Context(), ReadOnlyKey, rolled); err != nil {
		t.Fatal(err)
	}
	s.ask(ReadOnlyKey, "GET", here+"/roles/", "").refused(wrongKey)
	s.get(rolled, here+"/roles/").is(200)
	if err := s.RollKey(t.Context(), ReadOnlyKey, rolled); err == nil {
		t.Error("a key that does not exist was rolled")
	}
}
