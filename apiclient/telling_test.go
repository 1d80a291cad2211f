package apiclient_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/progress"
)

// heard returns a context and all that is told of its work, a line a step.
func heard(t *testing.T) (context.Context, *[]string) {
	told := &[]string{}
	return progress.With(t.Context(), func(step progress.Step) {
		*told = append(*told, fmt.Sprintf("%d/%d %s", step.Done, step.Total, step.What))
	}), told
}

func TestAListOfSeveralPagesTellsOfEachPage(t *testing.T) {
	want := []string{"1/3 1 of 3 pages of roles.", "2/3 2 of 3 pages of roles.", "3/3 3 of 3 pages of roles."}
	for name, read := range map[string]func(context.Context, apiclient.List[apiclient.Role]) error{
		"Rows": func(ctx context.Context, list apiclient.List[apiclient.Role]) error {
			_, err := list.Rows(ctx, 1000, 0)
			return err
		},
		"Each": func(ctx context.Context, list apiclient.List[apiclient.Role]) error {
			for _, err := range list.Each(ctx) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, told := heard(t)
			if err := read(ctx, newCollection(t, 250).stage.reader(t).Roles(apiclient.CurrentOrganization)); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(*told, want) {
				t.Errorf("told %q", *told)
			}
		})
	}
}

func TestWhatTakesOnePageTellsNothing(t *testing.T) {
	roles := newCollection(t, 250).stage.reader(t).Roles(apiclient.CurrentOrganization)
	ctx, told := heard(t)
	if _, err := roles.Rows(ctx, 100, 200); err != nil {
		t.Error(err)
	}
	if _, err := roles.Page(ctx, 10, 0); err != nil {
		t.Error(err)
	}
	for _, err := range roles.Each(ctx) {
		if err != nil {
			t.Error(err)
		}
		break
	}
	if len(*told) != 0 {
		t.Errorf("told %q", *told)
	}
}

func TestAListThatIsReadAnewGoesOnCounting(t *testing.T) {
	c := newCollection(t, 250)
	spoiled := false
	c.spoil = func(offset, _ int) (string, bool) {
		if offset != 200 || spoiled {
			return "", false
		}
		spoiled = true
		return pageJSON(250), true // no rows where fifty were promised
	}
	ctx, told := heard(t)
	if _, err := c.stage.reader(t).Roles(apiclient.CurrentOrganization).Rows(ctx, 1000, 0); err != nil {
		t.Fatal(err)
	}
	if !spoiled || len(*told) < 4 || !strings.Contains((*told)[len(*told)-1], "3 of 3 pages") {
		t.Errorf("told %q", *told)
	}
	last := 0
	for _, line := range *told {
		done, err := strconv.Atoi(line[:strings.Index(line, "/")])
		if err != nil || done <= last {
			t.Errorf("%q came after %d", line, last)
		}
		last = done
	}
}

func TestLongWaitsAreToldWithoutAStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScript(t, roleJSON, wait4, good)
		ctx, told := heard(t)
		if err := readRole(ctx, s.client(t, slowed)); err != nil {
			t.Fatal(err)
		}
		want := []string{"0/0 Waiting 4s before PostHog is asked again.", fmt.Sprintf("0/0 Waiting %v for PostHog's rate limit.", (turn - 4*time.Second).Round(time.Second))}
		if !slices.Equal(*told, want) {
			t.Errorf("told %q, want %q", *told, want)
		}
	})
}
