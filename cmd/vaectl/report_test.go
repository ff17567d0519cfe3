package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// selfcontained FILE checks that a page is well-formed, and that nothing on it
// leads out of it or runs.
func selfcontained(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: selfcontained FILE")
	}
	text := ts.ReadFile(args[0])
	if strings.Contains(text, "http://") || strings.Contains(text, "https://") {
		ts.Fatalf("%s has an address", args[0])
	}
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		ts.Check(err)
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local == "script" {
			ts.Fatalf("%s has a script", args[0])
		}
		for _, a := range start.Attr {
			local := strings.HasPrefix(a.Value, "#") || strings.HasPrefix(a.Value, "data:image/png;base64,")
			if name := a.Name.Local; strings.HasPrefix(name, "on") || (name == "href" || name == "src") && !local {
				ts.Fatalf("%s: <%s %s=%q>", args[0], start.Name.Local, name, a.Value)
			}
		}
	}
}
