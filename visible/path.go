package visible

import "strings"

// Path repeats a path inside of a sentence of ours, whole and in quotation marks.
// The backslashes of one of Windows stay single, so that it can be copied. One with
// a hidden character or a quotation mark in it, which Windows has none of, is
// quoted as Go would.
func Path(path string) string {
	if !isOfWindows(path) || strings.ContainsFunc(path, func(r rune) bool { return r == '"' || IsHidden(r) }) || Line(path) != path {
		return quote(path)
	}
	return `"` + path + `"`
}

// isOfWindows reports whether a path begins as one of Windows does: with a drive, a
// host, or a folder that is written for another.
func isOfWindows(path string) bool {
	for _, start := range []string{`\\`, `~\`, `.\`, `..\`} {
		if strings.HasPrefix(path, start) {
			return true
		}
	}
	return len(path) > 2 && path[1] == ':' && strings.ContainsAny(path[2:3], `\/`) && isOfKey(rune(path[0]))
}
