package main

import (
	"image/png"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
)

func TestDecoder(t *testing.T) {
	m, err := load()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(decoder(m))
	defer server.Close()
	for query, status := range map[string]int{
		"?z=-1&z=1":      http.StatusOK,
		"?z=0.5":         http.StatusBadRequest,
		"?z=0.5&z=north": http.StatusBadRequest,
		"?z=1&z=2&z=3":   http.StatusBadRequest,
		"":               http.StatusBadRequest,
	} {
		response, err := http.Get(server.URL + "/" + query)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != status {
			t.Errorf("%q: status %d, want %d", query, response.StatusCode, status)
		}
		if status != http.StatusOK {
			continue
		}
		picture, err := png.Decode(response.Body)
		if err != nil {
			t.Fatalf("%q: %v", query, err)
		}
		if got := picture.Bounds().Dx(); got != m.Shape().Width {
			t.Errorf("%q: a picture %d pixels wide", query, got)
		}
		dark, bright := 0, 0
		for y := range m.Shape().Height {
			for x := range m.Shape().Width {
				switch grey, _, _, _ := picture.At(x, y).RGBA(); {
				case grey < 0x2000:
					dark++
				case grey > 0x8000:
					bright++
				}
			}
		}
		if dark < 300 || bright < 40 {
			t.Errorf("%q: %d dark and %d bright pixels make no digit", query, dark, bright)
		}
	}
}

// A program that only decodes carries no plots, no command line and no trainer.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-mod=mod", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		for _, unwanted := range []string{"gonum.org/v1/plot", "github.com/spf13/cobra", "vaectl/internal/draw", "vaectl/cmd"} {
			if path == unwanted || strings.HasPrefix(path, unwanted+"/") {
				t.Errorf("imports %s", path)
			}
		}
		if path == "vaectl/train" {
			t.Errorf("imports %s", path)
		}
	}
}
