// Command gen makes page.html: the explorer's page with the front end of package
// page in place of its own, in one file. It runs esbuild by way of the go command.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const esbuild = "github.com/evanw/esbuild/cmd/esbuild@v0.25.12"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run() error {
	script, err := bundle("js/main.js", "--format=iife", "--target=es2022")
	if err != nil {
		return err
	}
	style, err := bundle(filepath.Join(assets, "style.css"))
	if err != nil {
		return err
	}
	digest, err := digestOf(".")
	if err != nil {
		return err
	}
	page, err := compose(script, style, digest)
	if err != nil {
		return err
	}
	return os.WriteFile("page.html", []byte(page), 0o644)
}

// contentPolicy lets the page do nothing but run what is in it.
const contentPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"

// compose puts script and style into the explorer's page. Title and archive come
// when a page is written.
func compose(script, style, digest string) (string, error) {
	text, err := os.ReadFile(filepath.Join(assets, "index.html"))
	if err != nil {
		return "", err
	}
	icon, err := os.ReadFile(filepath.Join(assets, "icon.svg"))
	if err != nil {
		return "", err
	}
	picture := "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(icon)
	page := string(text)
	for _, change := range [][2]string{
		{`<title>vaectl explorer</title>`, `<title>{{title}}</title>` + "\n" + `<meta http-equiv="Content-Security-Policy" content="` + contentPolicy + `">` + "\n" + digestMark + digest + ` -->`},
		{`<link rel="icon" href="/icon.svg" type="image/svg+xml">`, `<link rel="icon" href="` + picture + `">`},
		{`<link rel="stylesheet" href="/style.css">`, "<style>" + style + "</style>"},
		{`<script type="module" src="/js/main.js"></script>` + "\n", ""},
		{`href="/" aria-label="vaectl explorer"`, `href="#main" aria-label="{{title}}"`},
		{`src="/icon.svg"`, `src="` + picture + `"`},
		{`The explorer needs JavaScript. Its interface does not: see <a href="/api/openapi.yaml">/api/openapi.yaml</a>.`, `This page needs JavaScript: its models compute in it.`},
		{`</body>`, `<script type="text/plain" id="archive">{{archive}}</script>` + "\n<script>" + script + "</script>\n</body>"},
	} {
		if strings.Count(page, change[0]) != 1 {
			return "", fmt.Errorf("index.html does not hold %s once", change[0])
		}
		page = strings.Replace(page, change[0], change[1], 1)
	}
	return page, nil
}

// digestMark is before the digest of what a page was made of.
const digestMark = "<!-- made of "

// assets is the folder of the explorer's page.
const assets = "../../show/explorer/assets"

// digestOf is the digest of everything that the page is made of; dir is that of
// package page.
func digestOf(dir string) (string, error) {
	sum := sha256.New()
	for _, root := range []string{filepath.Join(dir, assets), filepath.Join(dir, "js"), filepath.Join(dir, "gen", "main.go")} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(sum, "%s %d\n", filepath.Base(path), len(content))
			sum.Write(content)
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%x", sum.Sum(nil)), nil
}

// bundle makes one file of one and all that it imports.
func bundle(entry string, flags ...string) (string, error) {
	args := append([]string{"run", esbuild, entry, "--bundle", "--minify", "--charset=utf8", "--legal-comments=none", "--log-level=warning"}, flags...)
	cmd := exec.Command("go", args...)
	var out, complaints bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaints
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("esbuild %s: %w\n%s", entry, err, complaints.String())
	}
	return strings.TrimSpace(out.String()), nil
}
