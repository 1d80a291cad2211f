package sandbox

import (
	"fmt"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestABodyIsJSON(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	for body, detail := range map[string]string{
		"x":                    "Expecting value: line 1 column 1 (char 0)",
		"   ":                  "Expecting value: line 1 column 1 (char 0)",
		`{"name": }`:           "Expecting value: line 1 column 10 (char 9)",
		"{\n \"ü\": x}":        "Expecting value: line 2 column 7 (char 8)",
		"{\"name\": \"\xff\"}": "'utf-8' codec can't decode byte 0xff in position 10: invalid start byte",
	} {
		for _, path := range []string{here + "/roles/", here + "/roles/" + RoleData + "/role_memberships/", here + "/role_external_references/"} {
			s.ask(AdminKey, "POST", path, body).refused(parseError.says(detail))
		}
		s.ask(AdminKey, "PATCH", here+"/roles/"+RoleData+"/", body).refused(parseError.says(detail))
	}
	for body, kind := range map[string]string{`[]`: "list", `"x"`: "str", `1`: "int", `1.5`: "float", `true`: "bool", ` [{"name": "x"}] `: "list"} {
		s.ask(AdminKey, "POST", here+"/roles/", body).refused(notObject.says(kind))
	}
	s.ask(AdminKey, "POST", here+"/roles/", "null").refused(noData)
}

func TestAnotherMediaTypeIsUnsupported(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	ask := func(contentType, body string) reaction {
		r := httptest.NewRequest("POST", here+"/roles/", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+AdminKey)
		r.Header.Set("Content-Type", contentType)
		return s.send(r)
	}
	for _, contentType := range []string{"text/plain", "", "application/x-www-form-urlencoded", "application/xml; charset=utf-8"} {
		ask(contentType, `{"name": "x"}`).refused(unsupportedMedia.says(contentType))
	}
	ask("application/json; charset=utf-8", `{"name": "x"}`).is(201)
	ask("text/plain", "").refused(required.at("name")) // there is nothing to read
}

func TestABodyThatIsTooLongIsRefused(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	s.ask(AdminKey, "POST", here+"/roles/", `{"name": "x", "padding": "`+strings.Repeat("x", maxBody)+`"}`).
		refused(parseError.says(errBodyTooLong))
	same(t, "whether the role was made", s.hasRole("x"), false)
}

func TestABodyThatBreaksOffIsNoRequest(t *testing.T) {
	t.Parallel()
	s := setUp(t, Faults{})
	before := s.get(AdminKey, here+"/projects/84102/").text
	server := httptest.NewServer(s.handler)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "PATCH %s/projects/84102%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Length: 100\r\n\r\n{", here, rotate, AdminKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(10 * time.Second)
	for len(s.Requests()) < 2 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	same(t, "the requests", len(s.Requests()), 2)
	same(t, "the status", s.Requests()[1].Status, 0)
	same(t, "the project", s.get(AdminKey, here+"/projects/84102/").text, before)
}
