package sandbox

import (
	"context"
	"database/sql"
	_ "embed" // for the schema
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

var (
	//go:embed schema.sql
	schema string
	//go:embed signin.sql
	signInSchema string
)

// schemaVersion marks a database file that this code has filled. Version 1 had
// no sign-ins.
const schemaVersion = 2

// database returns the open database, which the first call opens and fills.
func (s *Sandbox) database(ctx context.Context) (*sql.DB, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	if s.db != nil {
		return s.db, nil
	}
	source, err := dataSource(s.options.DataFile)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, fmt.Errorf("opening the sandbox's database: %w", err)
	}
	// One connection: a database in memory is its connection's, and deeds of
	// less than a millisecond gain nothing from a second one.
	db.SetMaxOpenConns(1)
	if err := fill(ctx, db, instantOf(s.options.Now())); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("preparing the sandbox's database: %w", err)
	}
	s.db = db
	return db, nil
}

// dataSource turns a file's name into what the driver takes. The file holds
// tokens, if only of a sandbox, so it is made for its owner alone.
func dataSource(file string) (string, error) {
	settings := url.Values{"_pragma": {"foreign_keys(1)", "busy_timeout(5000)"}, "_txlock": {"immediate"}}
	if file == "" {
		return "file::memory:?" + settings.Encode(), nil
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return "", fmt.Errorf("finding the sandbox's data file: %w", err)
	}
	handle, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", fmt.Errorf("opening the sandbox's data file: %w", err)
	}
	if err := handle.Close(); err != nil {
		return "", fmt.Errorf("opening the sandbox's data file: %w", err)
	}
	settings["_pragma"] = append(settings["_pragma"], "journal_mode(wal)", "synchronous(normal)")
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // C:/…
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: settings.Encode()}).String(), nil
}

// fill makes the tables and the seeded organizations, unless the database has
// them, in one transaction.
func fill(ctx context.Context, db *sql.DB, now instant) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	var version int
	if err := tx.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch version {
	case schemaVersion:
		return nil
	case 0:
		if _, err := tx.ExecContext(ctx, schema); err != nil {
			return fmt.Errorf("making the tables: %w", err)
		}
		if err := seed(ctx, tx, now); err != nil {
			return fmt.Errorf("filling the tables: %w", err)
		}
	case 1:
	default:
		return fmt.Errorf("the data file is of version %d and this program knows version %d", version, schemaVersion)
	}
	if _, err := tx.ExecContext(ctx, signInSchema); err != nil {
		return fmt.Errorf("making the tables for sign-ins: %w", err)
	}
	if _, err := tx.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d", schemaVersion)); err != nil {
		return err
	}
	return tx.Commit()
}

// scanner is a row that can be read: *sql.Row or *sql.Rows.
type scanner interface{ Scan(...any) error }

// selectRows reads all rows that a query gives.
func selectRows[T any](ctx context.Context, tx *sql.Tx, scan func(scanner) (T, error), query string, arguments ...any) ([]T, error) {
	rows, err := tx.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells of what matters
	var all []T
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

// count reads the one number that a query gives.
func count(ctx context.Context, tx *sql.Tx, query string, arguments ...any) (int64, error) {
	var n int64
	err := tx.QueryRowContext(ctx, query, arguments...).Scan(&n)
	return n, err
}

// jsonList is a list as json_each takes it.
func jsonList[T any](values []T) string {
	text, err := json.Marshal(values)
	if err != nil || values == nil {
		return "[]" // ids and numbers always marshal
	}
	return string(text)
}

// rawJSON is a column that holds JSON, as the answers pass it on; NULL is null.
type rawJSON struct{ json.RawMessage }

// Scan reads the column.
func (r *rawJSON) Scan(value any) error {
	switch value := value.(type) {
	case nil:
		r.RawMessage = nil
	case string:
		r.RawMessage = json.RawMessage(value)
	default:
		return fmt.Errorf("a column of JSON holds a %T", value)
	}
	return nil
}
