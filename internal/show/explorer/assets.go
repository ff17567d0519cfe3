package explorer

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"time"
)

//go:embed assets
var assetFiles embed.FS

//go:embed openapi.yaml
var document []byte

const documentPath = "/api/openapi.yaml"

// asset is a file of the page.
type asset struct {
	content []byte
	kind    string
	tag     string
}

// loadAssets reads the page, each file under the path it is served at.
func loadAssets() (map[string]asset, error) {
	all := make(map[string]asset)
	err := fs.WalkDir(assetFiles, "assets", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := assetFiles.ReadFile(name)
		if err != nil {
			return err
		}
		all[name[len("assets"):]] = asset{
			content: content,
			kind:    contentType(path.Ext(name)),
			tag:     fmt.Sprintf(`"%.16x"`, sha256.Sum256(content)),
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("files of the page: %w", err)
	}
	all["/"] = all["/index.html"]
	return all, nil
}

// contentType does not ask the system's table, which differs between machines.
func contentType(extension string) string {
	switch extension {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(extension)
}

func (e *Explorer) getAsset(w http.ResponseWriter, r *http.Request) {
	file, ok := e.assets[r.URL.Path]
	switch {
	case !ok:
		e.refuse(w, r, &problem{status: http.StatusNotFound, text: "there is nothing at " + r.URL.Path, hint: "the page is at /"})
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		e.refuse(w, r, &problem{status: http.StatusMethodNotAllowed, text: r.Method + " is not allowed here", hint: "use GET"})
	default:
		serveFile(w, r, file)
	}
}

// serveFile lets a browser keep a file as long as its tag is the same.
func serveFile(w http.ResponseWriter, r *http.Request, file asset) {
	w.Header().Set("Content-Type", file.kind)
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", file.tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(file.content))
}

func (e *Explorer) getDocument(w http.ResponseWriter, r *http.Request) {
	if err := newQuery(r).done(); err != nil {
		e.refuse(w, r, err)
		return
	}
	serveFile(w, r, asset{content: document, kind: "application/yaml", tag: fmt.Sprintf(`"%.16x"`, sha256.Sum256(document))})
}
