package sandbox

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

const rotate = "/rotate_secret_token/"

func TestProjectsAreListedWithoutTheirSecrets(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	answer := s.get(AdminKey, here+"/projects/")
	same(t, "the list", names(results[projectRow](answer), func(p projectRow) string { return p.Name }), ProjectWebName+" | "+ProjectMobileName)
	if strings.Contains(answer.text, "secret") || strings.Contains(answer.text, "phs_") {
		t.Errorf("%s holds a secret", cut(answer.text, 400))
	}
	same(t, "what a member sees", s.get(MemberKey, here+"/projects/").text, answer.text)
}

func TestAProjectIsReadWhole(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, path := range []string{here + "/projects/84102/", here + "/projects/84377/"} {
		all := decoded[map[string]json.RawMessage](s.get(AdminKey, path).is(200))
		if len(all) < 69 {
			t.Errorf("%s has %d fields", path, len(all))
		}
	}
	p := decoded[project](s.get(AdminKey, here+"/projects/84102/").is(200))
	same(t, "its name", p.Name, ProjectWebName)
	same(t, "the level", *p.EffectiveLevel, administrator)
	if p.SecretAPIToken == nil || p.SecretAPITokenBackup != nil || p.LiveEventsToken == nil {
		t.Error("the first project should have a secret token, no backup, and a token for live events")
	}
	p = decoded[project](s.get(MemberKey, here+"/projects/84377/").is(200))
	same(t, "a member's level", *p.EffectiveLevel, member)
	if p.SecretAPIToken != nil || p.SecretAPITokenBackup != nil || p.LiveEventsToken != nil {
		t.Error("the second project should have no secrets yet")
	}
	s.SetFaults(Faults{NoProjectAdmin: true})
	same(t, "the level", *decoded[project](s.get(OwnerKey, here+"/projects/84102/").is(200)).EffectiveLevel, member)
}

func TestAnIdThatNamesNoProjectIsNotFound(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, id := range []string{"7", "-84102", "84102x", "Hedgebox%20web", "99999999999999999999", "%00", "84102.0", "..%2f84102"} {
		s.get(AdminKey, here+"/projects/"+id+"/").refused(noProject)
		s.ask(AdminKey, "PATCH", here+"/projects/"+id+rotate, "").refused(noProject)
	}
}

func TestARotationMakesTheOldTokenTheBackup(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	path := here + "/projects/84102/"
	first := *decoded[project](s.get(AdminKey, path).is(200)).SecretAPIToken
	form := regexp.MustCompile(`^phs_[0-9A-Za-z]{43}$`)

	rotated := decoded[project](s.ask(AdminKey, "PATCH", path+"rotate_secret_token/", "").is(200))
	second := *rotated.SecretAPIToken
	same(t, "the backup", *rotated.SecretAPITokenBackup, first)
	same(t, "the name", rotated.Name, ProjectWebName)
	if second == first || !form.MatchString(second) {
		t.Errorf("the new token is %s", second)
	}
	same(t, "updated_at", rotated.UpdatedAt.time(), s.clock)
	read := decoded[project](s.get(AdminKey, path).is(200))
	same(t, "the token read", *read.SecretAPIToken, second)
	same(t, "the backup read", *read.SecretAPITokenBackup, first)

	again := decoded[project](s.ask(OwnerKey, "PATCH", path+"rotate_secret_token/", "").is(200))
	same(t, "the second backup", *again.SecretAPITokenBackup, second)
	if *again.SecretAPIToken == second {
		t.Error("the second rotation made no new token")
	}
}

func TestTheFirstRotationHasNoBackup(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	p := decoded[project](s.ask(AdminKey, "PATCH", here+"/projects/84377"+rotate, "").is(200))
	if p.SecretAPIToken == nil || p.SecretAPITokenBackup != nil {
		t.Error("a first rotation should make a token and no backup")
	}
}

func TestTheBodyOfARotationIsIgnoredWhateverItHolds(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for _, body := range []string{`{"name": "Renamed", "is_demo": true}`, "not JSON", "[]", "null", `{"timezone": 7}`} {
		p := decoded[project](s.ask(AdminKey, "PATCH", here+"/projects/84102"+rotate, body).is(200))
		same(t, "the name", p.Name, ProjectWebName)
		same(t, "is_demo", p.IsDemo, false)
	}
}

func TestARotationNeedsAProjectAdministrator(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	before := s.get(AdminKey, here+"/projects/84102/").text
	s.ask(MemberKey, "PATCH", here+"/projects/84102"+rotate, "").refused(projectLevelLow)
	s.ask(MemberKey, "PATCH", here+"/projects/7"+rotate, "").refused(noProject) // the project is looked up first
	s.SetFaults(Faults{NoProjectAdmin: true})
	s.ask(OwnerKey, "PATCH", here+"/projects/84102"+rotate, "").refused(projectLevelLow)
	s.SetFaults(Faults{})
	same(t, "the project", s.get(AdminKey, here+"/projects/84102/").text, before)
}

func TestANewerServerMakesNoFirstToken(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{NewProjectKeys: true})
	s.ask(AdminKey, "PATCH", here+"/projects/84377"+rotate, "").refused(tokensReplaced)
	if decoded[project](s.get(AdminKey, here+"/projects/84377/").is(200)).SecretAPIToken != nil {
		t.Error("a token was made")
	}
	s.ask(AdminKey, "PATCH", here+"/projects/84102"+rotate, "").is(200) // it has had one
}
