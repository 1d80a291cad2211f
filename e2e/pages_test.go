package e2e_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// longList is how many roles the page server has.
const longList = 2000

func rowName(i int) string { return fmt.Sprintf("role %04d", i) }

// writePage answers one page of longList roles as the API would.
func writePage(w http.ResponseWriter, r *http.Request) {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	offset, _ := strconv.Atoi(r.URL.Query().Get("offset"))
	if limit <= 0 {
		limit = 100
	}
	var rows []string
	for i := offset; i < min(offset+limit, longList); i++ {
		rows = append(rows, fmt.Sprintf(`{"id":"00000000-0000-4000-8000-%012d","name":%q,"created_at":"2024-05-01T09:30:00.123456Z","created_by":null,"members":[],"is_default":false}`, i, rowName(i)))
	}
	next := "null"
	if offset+limit < longList {
		next = strconv.Quote(fmt.Sprintf("http://%s%s?limit=%d&offset=%d", r.Host, r.URL.Path, limit, offset+limit))
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"count":%d,"next":%s,"previous":null,"results":[%s]}`, longList, next, strings.Join(rows, ","))
}
