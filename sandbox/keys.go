package sandbox

import (
	"context"
	"fmt"
)

// SetScopes gives a key other scopes, as its owner can in PostHog at any time.
// With none it may do nothing.
func (s *Sandbox) SetScopes(ctx context.Context, key string, scopes ...string) error {
	db, err := s.database(ctx)
	if err != nil {
		return err
	}
	changed, err := db.ExecContext(ctx, `UPDATE personal_api_keys SET scopes = ? WHERE secret = ?`, jsonList(scopes), key)
	if err != nil {
		return fmt.Errorf("changing a key's scopes: %w", err)
	}
	if rows, err := changed.RowsAffected(); err != nil || rows != 1 {
		return fmt.Errorf("changing a key's scopes: %d keys have that secret (%w)", rows, err)
	}
	return nil
}

// RollKey gives a key another secret, as its owner can in PostHog: the old one
// opens nothing from then on.
func (s *Sandbox) RollKey(ctx context.Context, key, secret string) error {
	db, err := s.database(ctx)
	if err != nil {
		return err
	}
	changed, err := db.ExecContext(ctx, `UPDATE personal_api_keys SET secret = ? WHERE secret = ?`, secret, key)
	if err != nil {
		return fmt.Errorf("rolling a key: %w", err)
	}
	if rows, err := changed.RowsAffected(); err != nil || rows != 1 {
		return fmt.Errorf("rolling a key: %d keys have that secret (%w)", rows, err)
	}
	return nil
}
