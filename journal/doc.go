// Package journal is the append-only record of every write, written ahead: what
// is about to be done is on disk before the request leaves, and what became of
// it before the result leaves. It knows nothing of what it records: arguments,
// changes and results are JSON that others write and read.
//
// # The file
//
// A journal is a text file of lines, each one JSON object that ends with "\n":
//
//	{"v":1,"session":"w5q0x8r2mt","intent":{"id":"k3f9q2m7ab.1","call":"k3f9q2m7ab","time":"2026-11-28T03:17:14.5Z",…}}
//	{"v":1,"session":"w5q0x8r2mt","outcome":{"id":"k3f9q2m7ab.1","time":"2026-11-28T03:17:15Z","state":"done",…}}
//
// "v" is the version of the format; lines of a version that a reader does not
// know are passed over. "session" names the run of the process that wrote the
// line. A line has an intent, an outcome, or both: a write that was never sent
// is one line with both. Their fields are those of [Intent] and [Outcome]. The
// last outcome with the id of an intent is the one that counts; an intent
// without any is open. No line is longer than 4 MiB.
//
// The file and its folder, if the journal makes it, are the user's alone (0600
// and 0700). A file that others could read is narrowed to 0600 at the next
// write: refusing it would stop every write over something that can be put
// right here. A folder that is already there may be shared, and is left alone.
// Only a regular file is written to, never what a symbolic link points to.
//
// A line goes out in one write(2) with O_APPEND, then fsync; after the first
// line of a file, and of a process, the folder is synced too. When either
// fails, what did get written is cut off again, so that what was not promised
// is not there. A crash can leave a torn last line: readers pass over it and
// count it, and the next append starts on a line of its own.
//
// # Beside the file
//
// For journal.jsonl there are, in the same folder:
//
//	journal.jsonl.lock                  locked while a process appends; stays
//	journal.jsonl.sessions/ID.lock      locked while the session ID lives
//	journal-20261128T031714Z.jsonl      an older part of the journal
//	journal-20261128T031714Z-2.jsonl    a second one of that second
//
// A file that would outgrow [Options.MaxSize] is renamed to the time of that
// moment, and a new one begun. Nothing is ever deleted. The names sort in the
// order of writing, even when the clock went back. If renaming fails, as on
// Windows while somebody reads the file, it simply grows until it works.
//
// # Crashes
//
// An open intent belongs to a session that may still be at work, in another
// process on the same journal. Every session holds a lock that the operating
// system releases when its process ends, in whatever way. A session whose lock
// can be taken, or has no file, is gone: [Journal.Abandoned] returns its open
// intents and holds its lock until they have outcomes, so that no two processes
// recover the same write.
package journal
