package explorer

import (
	"net/http"
	"path"
	"regexp"
	"strings"
	"testing"
)

// The page asks this machine for everything, and everything it asks for is there.
func TestPageIsSelfContained(t *testing.T) {
	w := newWorld(t, nil)
	reached := map[string]bool{"/": true, "/index.html": true}
	references := regexp.MustCompile(`(?:src|href)="([^"#]+)"|from '([^']+)'|url\(([^)#][^)]*)\)`)
	todo := []string{"/"}
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		got := w.answer(w.request(http.MethodGet, name, ""))
		if got.Code != http.StatusOK {
			t.Errorf("%s: status %d", name, got.Code)
			continue
		}
		for _, m := range references.FindAllStringSubmatch(got.Body.String(), -1) {
			target := m[1] + m[2] + m[3]
			if !strings.HasPrefix(target, "/") {
				target = path.Join(path.Dir(name), target)
			}
			if !reached[target] && !strings.HasPrefix(target, "/api/") {
				todo = append(todo, target)
			}
			reached[target] = true
		}
	}
	for name, file := range w.explorer.assets {
		if !reached[name] {
			t.Errorf("nothing asks for %s", name)
		}
		text := string(file.content)
		for _, foreign := range []string{"http://", "https://", "//cdn", "eval(", "innerHTML", "document.write"} {
			for _, line := range strings.Split(text, "\n") {
				if strings.Contains(line, foreign) && !strings.Contains(line, "http://www.w3.org/2000/svg") {
					t.Errorf("%s holds %s: %s", name, foreign, strings.TrimSpace(line))
				}
			}
		}
		if strings.HasSuffix(name, ".html") && regexp.MustCompile(`<style|<script>|\sstyle=|\son[a-z]+=`).MatchString(text) {
			t.Errorf("%s has code or style inline, which its own policy forbids", name)
		}
	}
}

func TestAssetsAreKeptByBrowsers(t *testing.T) {
	w := newWorld(t, nil)
	for name, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/style.css": "text/css; charset=utf-8", "/js/main.js": "text/javascript; charset=utf-8", "/icon.svg": "image/svg+xml",
	} {
		r := w.request(http.MethodGet, name, "")
		got := w.answer(r)
		if got.Code != http.StatusOK || got.Header().Get("Content-Type") != kind || got.Body.Len() == 0 {
			t.Errorf("%s: status %d, type %s, %d bytes", name, got.Code, got.Header().Get("Content-Type"), got.Body.Len())
		}
		r.Header.Set("If-None-Match", got.Header().Get("ETag"))
		if again := w.answer(r); again.Code != http.StatusNotModified || again.Body.Len() != 0 {
			t.Errorf("%s again: status %d, %d bytes", name, again.Code, again.Body.Len())
		}
		if head := w.answer(w.request(http.MethodHead, name, "")); head.Code != http.StatusOK || head.Body.Len() != 0 {
			t.Errorf("HEAD %s: status %d, %d bytes", name, head.Code, head.Body.Len())
		}
	}
}
