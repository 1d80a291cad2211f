package faults_test

import (
	"testing"

	"posthog-org-mcp/changes"
	"posthog-org-mcp/harness"
)

// What an answer offers must be there to be taken.
func TestTheUndoThatAFailureOffersTakesBackWhatWasDone(t *testing.T) {
	t.Parallel()
	for _, fault := range []harness.ProxyFault{harness.Fault500, harness.Fault503, harness.FaultResetBefore, harness.FaultThrottledBare} {
		for _, column := range columns() {
			if column.skip == 0 {
				continue
			}
			t.Run(string(fault)+", "+column.name, func(t *testing.T) {
				t.Parallel()
				c := newCell(t, fault, column, true)
				arguments, _ := c.plan(t, c, c.truth.look(t.Context(), t))
				before := c.truth.look(t.Context(), t).lines
				c.proxy.SpoilThose(c.fault, harness.Which{Times: -1, Skip: c.skip})
				failed := read(t, c.product.call(t.Context(), c.tool, arguments))
				c.proxy.Heal()
				if failed.state == changes.Done || failed.done != c.skip || failed.undo == "" {
					t.Fatalf("it was to fail in the middle: %s", failed.text)
				}
				undone := read(t, c.product.call(t.Context(), "undo", object(map[string]string{"id": failed.undo})))
				if missed := difference(before, c.truth.look(t.Context(), t).lines); undone.state != changes.Done || missed != "" {
					t.Errorf("after %s\nthe undo says %s\nand leaves:\n%s", failed.text, undone.text, missed)
				}
			})
		}
	}
}

func TestAnUndoCanAlwaysBeTakenBack(t *testing.T) {
	t.Parallel()
	for _, column := range columns() {
		if column.class == never || column.tool == "undo" {
			continue
		}
		t.Run(column.name, func(t *testing.T) {
			t.Parallel()
			c := newCell(t, "", column, false)
			before := c.truth.look(t.Context(), t)
			arguments, _ := c.plan(t, c, before)
			said := read(t, c.product.call(t.Context(), c.tool, arguments))
			pictures := [][]string{before.lines, c.truth.look(t.Context(), t).lines}
			for i := range 6 {
				if said.state != changes.Done || said.undo == "" {
					t.Fatalf("undone %d times, the call says %s", i, said.text)
				}
				said = read(t, c.product.call(t.Context(), "undo", object(map[string]string{"id": said.undo})))
				if missed := difference(pictures[i%2], c.truth.look(t.Context(), t).lines); missed != "" {
					t.Errorf("undone %d times, it says %s\nand leaves:\n%s", i+1, said.text, missed)
				}
			}
		})
	}
}
