package explorer

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

// openAPI is the document, with as much of JSON Schema as it uses.
type openAPI struct{ root map[string]any }

func readDocument(t testing.TB) openAPI {
	t.Helper()
	var root map[string]any
	if err := yaml.Unmarshal(document, &root); err != nil {
		t.Fatal(err)
	}
	return openAPI{root}
}

// at follows keys from the root.
func (o openAPI) at(keys ...string) map[string]any {
	here := o.root
	for _, k := range keys {
		here, _ = here[k].(map[string]any)
	}
	return here
}

// checkAnswer holds the answer to a request against the schema of its operation.
func (o openAPI) checkAnswer(r *http.Request, text []byte) error {
	path := r.URL.Path
	if strings.HasPrefix(path, "/api/runs/") {
		path = "/api/runs/{name}"
	}
	schema := o.at("paths", path, strings.ToLower(r.Method), "responses", "200", "content", "application/json", "schema")
	if schema == nil {
		return fmt.Errorf("the document has no answer for it")
	}
	return o.checkJSON(schema, text)
}

// check holds text against a schema of the components.
func (o openAPI) check(name string, text []byte) error {
	return o.checkJSON(o.at("components", "schemas", name), text)
}

func (o openAPI) checkJSON(schema map[string]any, text []byte) error {
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		return err
	}
	return o.valid(schema, value, "$")
}

// valid says where value departs from schema.
func (o openAPI) valid(schema map[string]any, value any, where string) error {
	for keyword, rule := range schema {
		if err := o.keyword(schema, keyword, rule, value, where); err != nil {
			return err
		}
	}
	return nil
}

func (o openAPI) keyword(schema map[string]any, keyword string, rule, value any, where string) error {
	switch keyword {
	case "description", "default":
	case "$ref":
		name, ok := strings.CutPrefix(rule.(string), "#/components/schemas/")
		target := o.at("components", "schemas", name)
		if !ok || target == nil {
			return fmt.Errorf("%s: the document refers to %v, which it has not", where, rule)
		}
		return o.valid(target, value, where)
	case "type":
		if !isOf(rule, value) {
			return fmt.Errorf("%s: %.60v is not of type %v", where, value, rule)
		}
	case "enum":
		if !slices.Contains(rule.([]any), value) {
			return fmt.Errorf("%s: %v is not one of %v", where, value, rule)
		}
	case "oneOf":
		matches := 0
		for _, option := range rule.([]any) {
			if o.valid(option.(map[string]any), value, where) == nil {
				matches++
			}
		}
		if matches != 1 {
			return fmt.Errorf("%s: %.60v fits %d of the schemas, not one", where, value, matches)
		}
	case "required":
		object, isObject := value.(map[string]any)
		for _, key := range rule.([]any) {
			if _, ok := object[key.(string)]; isObject && !ok {
				return fmt.Errorf("%s: %v is missing", where, key)
			}
		}
	case "properties":
		return o.properties(schema, rule.(map[string]any), value, where)
	case "items":
		list, _ := value.([]any)
		for i, item := range list {
			if err := o.valid(rule.(map[string]any), item, fmt.Sprintf("%s[%d]", where, i)); err != nil {
				return err
			}
		}
	case "minItems", "maxItems":
		list, isList := value.([]any)
		if isList && (keyword == "minItems") == (len(list) < rule.(int)) && len(list) != rule.(int) {
			return fmt.Errorf("%s: %d items, %s is %v", where, len(list), keyword, rule)
		}
	case "minimum", "maximum":
		bound := asFloat(rule)
		if n, isNumber := value.(float64); isNumber && (keyword == "minimum" && n < bound || keyword == "maximum" && n > bound) {
			return fmt.Errorf("%s: %g, %s is %g", where, n, keyword, bound)
		}
	case "format":
		if _, err := time.Parse(time.RFC3339, value.(string)); err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
	case "contentEncoding":
		if text, isText := value.(string); isText {
			if _, err := base64.StdEncoding.Strict().DecodeString(text); err != nil {
				return fmt.Errorf("%s: %w", where, err)
			}
		}
	case "additionalProperties":
	default:
		return fmt.Errorf("%s: keyword %s is not known to this test", where, keyword)
	}
	return nil
}

func (o openAPI) properties(schema, properties map[string]any, value any, where string) error {
	object, isObject := value.(map[string]any)
	if !isObject {
		return nil
	}
	for key, v := range object {
		property, known := properties[key].(map[string]any)
		if !known {
			if schema["additionalProperties"] == false {
				return fmt.Errorf("%s: %s is not in the document", where, key)
			}
			continue
		}
		if err := o.valid(property, v, where+"."+key); err != nil {
			return err
		}
	}
	return nil
}

func isOf(rule, value any) bool {
	if options, several := rule.([]any); several {
		return slices.ContainsFunc(options, func(option any) bool { return isOf(option, value) })
	}
	switch v := value.(type) {
	case nil:
		return rule == "null"
	case bool:
		return rule == "boolean"
	case string:
		return rule == "string"
	case float64:
		return rule == "number" || rule == "integer" && v == math.Trunc(v)
	case []any:
		return rule == "array"
	}
	return rule == "object"
}

func asFloat(v any) float64 {
	if n, whole := v.(int); whole {
		return float64(n)
	}
	return v.(float64)
}

func TestDocumentListsTheOperations(t *testing.T) {
	w := newWorld(t, nil)
	var served, listed []string
	for _, o := range w.explorer.operations() {
		served = append(served, o.method+" "+o.path)
	}
	names := make(map[any]string)
	for path, methods := range w.document.at("paths") {
		for method, operation := range methods.(map[string]any) {
			one := strings.ToUpper(method) + " " + path
			listed = append(listed, one)
			description := operation.(map[string]any)
			if other, taken := names[description["operationId"]]; taken {
				t.Errorf("%s and %s have one operationId", one, other)
			}
			names[description["operationId"]] = one
			if description["summary"] == nil || description["responses"].(map[string]any)["default"] == nil {
				t.Errorf("%s has no summary or no answer for errors", one)
			}
		}
	}
	slices.Sort(served)
	slices.Sort(listed)
	if !slices.Equal(served, listed) {
		t.Errorf("served are\n%v\nthe document lists\n%v", served, listed)
	}
	if version := w.document.root["openapi"]; version != "3.1.0" {
		t.Errorf("the document is OpenAPI %v", version)
	}
}

func TestDocumentRefersToWhatItHas(t *testing.T) {
	o := readDocument(t)
	used := make(map[string]bool)
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if ref, ok := v["$ref"].(string); ok {
				used[ref] = true
				if o.at(strings.Split(strings.TrimPrefix(ref, "#/"), "/")...) == nil {
					t.Errorf("%s is not there", ref)
				}
			}
			for _, inner := range v {
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(o.root)
	for kind, all := range o.at("components") {
		for name := range all.(map[string]any) {
			if !used["#/components/"+kind+"/"+name] {
				t.Errorf("nothing refers to %s %s", kind, name)
			}
		}
	}
}

// The validator itself must refuse, or every answer fits.
func TestDocumentRefusesWhatDoesNotFit(t *testing.T) {
	o := readDocument(t)
	for _, c := range []struct{ schema, text string }{
		{"Trouble", `{}`},
		{"Trouble", `{"error":1}`},
		{"Trouble", `{"error":"x","more":1}`},
		{"Trouble", `[]`},
		{"Place", `[1]`},
		{"Place", `[1,2,3]`},
		{"Image", `"?"`},
		{"Rows", `[]`},
		{"Rows", `["a"]`},
		{"Rows", `[1e9]`},
		{"DecodeRequest", `{"run":"a"}`},
		{"DecodeRequest", `{"run":"a","z":[1],"map":[1,2]}`},
		{"SampleRequest", `{"run":"a","count":0}`},
		{"SampleRequest", `{"run":"a","count":1.5}`},
	} {
		if o.check(c.schema, []byte(c.text)) == nil {
			t.Errorf("%s fits %s", c.text, c.schema)
		}
	}
	for _, c := range []struct{ schema, text string }{
		{"Trouble", `{"error":"x","hint":"y"}`},
		{"Rows", `[1,2]`},
		{"Rows", `[[1,2],[3,4]]`},
		{"DecodeRequest", `{"run":"a","map":[1,2]}`},
	} {
		if err := o.check(c.schema, []byte(c.text)); err != nil {
			t.Errorf("%s does not fit %s: %v", c.text, c.schema, err)
		}
	}
}

func TestDocumentIsServed(t *testing.T) {
	w := newWorld(t, nil)
	r := w.request(http.MethodGet, documentPath, "")
	got := w.answer(r)
	if got.Code != http.StatusOK || got.Header().Get("Content-Type") != "application/yaml" || got.Body.String() != string(document) {
		t.Errorf("status %d, type %s, %d bytes", got.Code, got.Header().Get("Content-Type"), got.Body.Len())
	}
	r.Header.Set("If-None-Match", got.Header().Get("ETag"))
	if again := w.answer(r); again.Code != http.StatusNotModified {
		t.Errorf("the same document again: status %d", again.Code)
	}
}
