package main

import (
	"os"
	"strings"
	"testing"
)

// page.html is made of what lies there now.
func TestPageIsUpToDate(t *testing.T) {
	page, err := os.ReadFile("../page.html")
	if err != nil {
		t.Fatal(err)
	}
	digest, err := digestOf("..")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), digestMark+digest) {
		t.Error("page.html was made of other files: go generate ./internal/export/page")
	}
}
