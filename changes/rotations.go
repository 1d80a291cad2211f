package changes

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"

	"posthog-org-mcp/apiclient"
	"posthog-org-mcp/journal"
)

// A second rotation cuts off whoever holds the first token, so two calls that
// were planned before either was sent must not both go out. What follows keeps
// others out between the last look and the deed, and makes a rotation that was
// sent show in every later plan, even where the project hides its tokens.

// holdRotations waits until no other rotation is planned and sent, in this
// process or in another one on the same journal. Calls that cannot rotate do
// not wait. letGo ends it.
func (e *Executor) holdRotations(ctx context.Context, w *work) error {
	if !w.May.Has(TokenRotate) || w.release != nil {
		return nil
	}
	select {
	case e.rotating <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("wait for another rotation: %w", context.Cause(ctx))
	}
	release := func() { <-e.rotating }
	if e.journal != nil {
		unlock, err := e.journal.Alone(ctx, "rotation")
		if err != nil {
			release()
			e.log.ErrorContext(ctx, "a rotation was not sent", "error", err)
			return err
		}
		release = func() {
			unlock()
			<-e.rotating
		}
	}
	w.release = release
	return nil
}

// letGo lets other rotations go on, once those of this call have ended.
func (w *work) letGo() {
	release := w.release
	if release == nil {
		return
	}
	w.release = nil
	go func() {
		w.running.Wait()
		release()
	}()
}

// rotationCount counts the rotations that this process has sent, by project.
type rotationCount struct {
	mu   sync.Mutex
	sent map[string]int
}

func (r *rotationCount) add(organization apiclient.OrganizationID, project apiclient.ProjectID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sent == nil {
		r.sent = map[string]int{}
	}
	r.sent[rotationKey(organization, project)]++
}

func (r *rotationCount) of(organization apiclient.OrganizationID, project apiclient.ProjectID) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent[rotationKey(organization, project)]
}

func rotationKey(organization apiclient.OrganizationID, project apiclient.ProjectID) string {
	return fmt.Sprintf("%s %d", organization, project)
}

// lastRotation names the last rotation of a project that was sent: by the
// journal, which other processes share, or else by this process's own count.
func (e *Executor) lastRotation(ctx context.Context, w *work, project apiclient.ProjectID) string {
	if e.journal == nil {
		return strconv.Itoa(e.rotated.of(w.organization.ID, project))
	}
	entry, _ := e.journaledRotation(ctx, w, project)
	return entry.ID
}

// maxSearched bounds how far back the journal is searched for a rotation.
const maxSearched = 10_000

// journaledRotation is the last rotation of a project that may have been sent.
func (e *Executor) journaledRotation(ctx context.Context, w *work, project apiclient.ProjectID) (journal.Entry, bool) {
	searched := 0
	filter := journal.Filter{Organization: string(w.organization.ID)}
	for entry, err := range e.journal.Reader().Entries(ctx, filter) {
		if searched++; err != nil || searched > maxSearched {
			break
		}
		var was record
		isSent := entry.Outcome.State != journal.Declined
		if isSent && entry.Kind == TokenRotate.String() && json.Unmarshal(entry.Change, &was) == nil &&
			was.Project != nil && was.Project.ID == project {
			return entry, true
		}
	}
	return journal.Entry{}, false
}

// rotatedAt is when this server last rotated the project's token, if the token
// that is the backup now became so by that; else the zero time.
func (e *Executor) rotatedAt(ctx context.Context, w *work, change Change) time.Time {
	if e.journal == nil {
		return time.Time{}
	}
	entry, found := e.journaledRotation(ctx, w, change.Project.ID)
	var made record
	if !found || entry.Outcome.State != journal.Done || json.Unmarshal(entry.Outcome.Result, &made) != nil || made.Project == nil ||
		made.Project.Backup != printOf(change.Project.SecretAPITokenBackup) { // Somebody has rotated past this server since.
		return time.Time{}
	}
	return entry.Outcome.Time
}
