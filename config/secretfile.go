package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"unicode/utf8"

	"posthog-org-mcp/patiently"
	"posthog-org-mcp/redact"
	"posthog-org-mcp/visible"
)

// longestSecret is how many bytes of a file or of a command's output are read.
const longestSecret = 4096

// shortestSigningSecret is in characters. A signature can be tried offline, so
// what signs must not be a word that somebody thought of.
const shortestSigningSecret = 32

// signingSecret reads what several processes sign and accept confirmations with.
func (l *loader) signingSecret(v value) {
	const advice = "Write 32 random characters or more into the file, for example with: openssl rand -hex 32."
	if isKeyShaped(v.text) {
		l.fail(v.where, "holds what looks like the secret itself.", "Write the secret into a file, and name that file.")
		return
	}
	secret, fault := l.secretFile(v.text, "signing secret", "leave the setting out")
	if fault == nil && utf8.RuneCountInString(secret) < shortestSigningSecret {
		fault = &secretFault{what: fmt.Sprintf("holds fewer than %d characters.", shortestSigningSecret)}
	}
	if fault != nil {
		l.fail("The file that "+v.where+" names", fault.what, cmp.Or(fault.next, advice))
		return
	}
	l.config.SigningSecret = redact.NewSecret(secret)
}

// secretFile reads a secret from a file, without the blanks around it, and
// warns when others can read it too. Messages call it by its noun, and advise
// otherwise where a file will not do.
func (l *loader) secretFile(path, noun, otherwise string) (string, *secretFault) {
	path = l.absolute(path)
	info, err := os.Stat(path)
	if err != nil {
		return "", unreadable(path, err)
	}
	switch {
	case info.IsDir():
		return "", &secretFault{fmt.Sprintf("is a directory: %s.", quotePath(path)), "Name the file in it that holds the " + noun + "."}
	case !info.Mode().IsRegular():
		return "", &secretFault{fmt.Sprintf("is not an ordinary file: %s.", quotePath(path)), "Write the " + noun + " into a file, or " + otherwise + "."}
	case info.Size() > longestSecret:
		return "", &secretFault{fmt.Sprintf("is longer than %d bytes, so it cannot be just a %s: %s.", longestSecret, noun, quotePath(path)),
			"The file must hold the " + noun + " and nothing else."}
	}
	file, err := patiently.Open(path)
	if err != nil {
		return "", unreadable(path, err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, longestSecret+1))
	if err != nil {
		return "", unreadable(path, err)
	}
	secret, fault := plainText(content)
	if fault == nil && secret == "" {
		fault = &secretFault{what: fmt.Sprintf("is empty: %s.", quotePath(path))}
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		l.note(slog.LevelWarn, "others on this machine may read the %s in %s; chmod 600 keeps it to you", noun, quotePath(path))
	}
	return secret, fault
}

func unreadable(path string, err error) *secretFault {
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err // the path stands in our own words, masked
	}
	next := "Check the path and its permissions."
	if patiently.IsHeld(err) {
		next = "Another program holds it: try again."
	}
	return &secretFault{fmt.Sprintf("cannot be read: %s: %v.", quotePath(path), visible.Cause(err)), next}
}

// plainText decodes what editors on Windows write around a line of text.
func plainText(content []byte) (string, *secretFault) {
	if bytes.HasPrefix(content, []byte{0xff, 0xfe}) || bytes.HasPrefix(content, []byte{0xfe, 0xff}) {
		return "", &secretFault{"is saved as UTF-16.", plainAdvice(runtime.GOOS)}
	}
	content = bytes.TrimPrefix(content, []byte{0xef, 0xbb, 0xbf})
	return strings.TrimSpace(string(content)), nil
}

// plainAdvice is what to do about UTF-16, as > writes it in PowerShell 5.
func plainAdvice(system string) string {
	const advice = "Save it as plain text (UTF-8)."
	if system == "windows" {
		return advice + " In PowerShell: Set-Content -Encoding ascii."
	}
	return advice
}
