package explorer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// maxBody is the largest body of a request in bytes.
const maxBody = 1 << 20

// readBody reads a request's JSON object into dst. Whatever is not exactly one
// object with the keys of dst is the client's mistake.
func readBody(w http.ResponseWriter, r *http.Request, dst any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return &problem{
			status: http.StatusUnsupportedMediaType,
			text:   fmt.Sprintf("content type %q: the body must be JSON", r.Header.Get("Content-Type")),
			hint:   "send Content-Type: application/json",
		}
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &problem{status: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("the body is larger than %d bytes", maxBody), hint: "send fewer rows"}
	}
	if err != nil {
		return badRequest("", "the body could not be read")
	}
	if !bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) {
		return badRequest(seeDocument, "the body is not a JSON object")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(dst); err != nil {
		return badBody(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return badRequest("", "something follows the JSON object in the body")
	}
	return nil
}

const seeDocument = "/api/openapi.yaml describes the requests"

// badBody says what is wrong with a body in the client's words, not in those
// of Go's types.
func badBody(err error) error {
	var own *problem
	if errors.As(err, &own) {
		return own
	}
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		return badRequest(seeDocument, "%s has a value of the wrong kind: %s", orBody(wrong.Field), wrong.Value)
	}
	return badRequest(seeDocument, "body: %s", strings.TrimPrefix(err.Error(), "json: "))
}

func orBody(field string) string {
	if field == "" {
		return "the body"
	}
	return field
}

// query reads a request's parameters, each at most once, and collects what is
// wrong with them.
type query struct {
	values url.Values
	seen   []string
	err    error
}

func newQuery(r *http.Request) *query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	q := &query{values: values}
	if err != nil {
		q.err = badRequest("", "the query cannot be read")
	}
	return q
}

func (q *query) fail(err error) {
	if q.err == nil {
		q.err = err
	}
}

// text is a parameter's value, "" where it is not given.
func (q *query) text(name string) string {
	all := q.list(name, 1)
	if len(all) == 0 {
		return ""
	}
	return all[0]
}

// list is the values of a parameter that may be given several times.
func (q *query) list(name string, most int) []string {
	q.seen = append(q.seen, name)
	all := q.values[name]
	if len(all) > most {
		q.fail(badRequest("", "%s is given %d times, at most %d are allowed", name, len(all), most))
		return nil
	}
	return all
}

// whole is a parameter that is a whole number from low to high; missing stands
// for one that is not given.
func (q *query) whole(name string, missing, low, high int) int {
	text := q.text(name)
	if text == "" {
		if q.values.Has(name) {
			q.fail(badRequest("", "%s is empty", name))
		}
		return missing
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		q.fail(badRequest("", "%s %q: must be a whole number from %d to %d", name, text, low, high))
		return missing
	}
	return n
}

// done returns what is wrong with the query, parameters nobody asked for included.
func (q *query) done() error {
	if q.err != nil {
		return q.err
	}
	for name := range q.values {
		if !slices.Contains(q.seen, name) {
			return badRequest(seeDocument, "unknown parameter %q", name)
		}
	}
	return nil
}
