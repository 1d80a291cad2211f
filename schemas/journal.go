package schemas

import "time"

// JournalList are the arguments of journal-list.
type JournalList struct {
	Since  string `json:"since,omitempty" jsonschema:"maxLength=40" jsonschema_description:"Only since then: a date, an RFC 3339 time, today, or how long ago (24h, 7d)."`
	Tool   string `json:"tool,omitempty" jsonschema:"maxLength=52" jsonschema_description:"Only writes of this tool."`
	Member string `json:"member,omitempty" jsonschema:"minLength=1,maxLength=254" jsonschema_description:"Only writes about somebody: part of a name or e-mail."`
	Search
	Limit  int `json:"limit,omitempty" jsonschema:"minimum=1,maximum=500,default=20" jsonschema_description:"Writes to return."`
	Offset int `json:"offset,omitempty" jsonschema:"minimum=0,default=0" jsonschema_description:"Writes to skip."`
	Target
}

// Journal is the result of journal-list.
type Journal struct {
	Writes     []JournalRow `json:"writes" jsonschema_description:"Newest first."`
	NextOffset *int         `json:"next_offset,omitempty" jsonschema_description:"Offset of the next older ones; absent at the end."`
	Note       string       `json:"note,omitempty" jsonschema_description:"What else to know."`

	// Offset is where the writes begin, for who leaves some of them out.
	Offset int `json:"-"`
}

// JournalRow is one write in short.
type JournalRow struct {
	ID           string    `json:"id" jsonschema_description:"For undo; without the part after the dot, the whole call."`
	Time         time.Time `json:"time" jsonschema_description:"When."`
	Tool         string    `json:"tool" jsonschema_description:"Tool that was called."`
	Change       string    `json:"change" jsonschema_description:"What it did, or was to do."`
	State        string    `json:"state" jsonschema_description:"done, unchanged, refused, declined, failed, unknown, or open: not ended yet."`
	Reason       string    `json:"reason,omitempty" jsonschema_description:"Why it was not done."`
	Actor        string    `json:"actor" jsonschema_description:"Whose key it was."`
	Organization string    `json:"organization" jsonschema_description:"Where."`
	Undoes       string    `json:"undoes,omitempty" jsonschema_description:"The write that it took back."`
	UndoneBy     string    `json:"undone_by,omitempty" jsonschema_description:"The write that took it back."`
}

// UndoCall are the arguments of undo.
type UndoCall struct {
	ID string `json:"id" jsonschema:"required,minLength=1,maxLength=40" jsonschema_description:"From a write's undo, or from journal-list; without the part after the dot, the whole call."`
	Confirmed
	Target
}

// Undone is the result of undo.
type Undone struct {
	Changes []ChangeState `json:"changes,omitempty" jsonschema_description:"What was done to take it back, in order."`
	Written
}
