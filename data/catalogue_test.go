package data

import (
	"encoding/hex"
	"net/url"
	"strings"
	"testing"
)

func TestCatalogueIsComplete(t *testing.T) {
	names := map[string]bool{}
	hashes := map[string]string{}
	for _, e := range Catalogue() {
		if names[e.Name] || e.Name != strings.ToLower(e.Name) || e.Name == autoName || e.Name == builtinName {
			t.Errorf("%q is not a name of its own", e.Name)
		}
		names[e.Name] = true
		for _, text := range []string{e.Title, e.Licence, e.Home, e.Layout} {
			if text == "" || strings.Contains(text, "\n") {
				t.Errorf("%s: %q is not one line", e.Name, text)
			}
		}
		for _, m := range e.Mirrors {
			if u, err := url.Parse(m); err != nil || u.Host == "" || !strings.HasSuffix(m, "/") {
				t.Errorf("%s: mirror %q", e.Name, m)
			}
		}
		if len(e.Mirrors) < 2 {
			t.Errorf("%s: %d mirrors leave nothing to fall back to", e.Name, len(e.Mirrors))
		}
		if e.Classes != nil && len(e.Classes) != 10 {
			t.Errorf("%s: classes %q", e.Name, e.Classes)
		}
		for i, f := range e.Files {
			if r := role(i); e.isIDX() {
				if f.Name != r.stem()+".gz" {
					t.Errorf("%s: role %d has file %s", e.Name, r, f.Name)
				}
				// No archive is smaller than a label of 4 bits each, or larger than its content.
				if f.Size < e.values(r)/20 || f.Size > e.values(r) {
					t.Errorf("%s: %s has %d bytes for %d values", e.Name, f.Name, f.Size, e.values(r))
				}
			}
			for _, h := range []string{f.SHA256, f.ContentSHA256} {
				if h == "" {
					continue
				}
				if b, err := hex.DecodeString(h); err != nil || len(b) != 32 {
					t.Errorf("%s: %s: %q is no SHA-256", e.Name, f.Name, h)
				}
				if other, taken := hashes[h]; taken {
					t.Errorf("%s: %s has the hash of %s", e.Name, f.Name, other)
				}
				hashes[h] = e.Name + " " + f.Name
			}
		}
	}
	for _, want := range []string{"mnist", "fashion-mnist", "kmnist", "cifar-10", "binarized-mnist"} {
		if !names[want] {
			t.Errorf("%s is not in the catalogue", want)
		}
	}
}

func TestCatalogueIsNobodysToChange(t *testing.T) {
	Catalogue()[0].Mirrors[0] = "http://elsewhere.example/"
	if Catalogue()[0].Mirrors[0] == "http://elsewhere.example/" {
		t.Error("a caller can redirect the downloads of others")
	}
}

func TestEntrySize(t *testing.T) {
	e, _ := find(Catalogue(), "MNIST")
	if got, want := e.Size(), int64(9912422+28881+1648877+4542); got != want {
		t.Errorf("MNIST has %d bytes, want %d", got, want)
	}
}
