package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/pem"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// dataFolder is where a container works: a folder of the host is put there, and runs
// and downloaded data sets stay in it.
const dataFolder = "data"

// imageEntries are the files of a container image: the program and the certificates
// that downloads are checked by.
func imageEntries(program []byte) []entry {
	var roots bytes.Buffer
	for root := range bundle.Roots() {
		// A certificate that is trusted under conditions only is left out: a file of
		// certificates cannot say them.
		if root.Constraint == nil {
			roots.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}))
		}
	}
	return []entry{
		{"vaectl", 0o755, program},
		{"etc/ssl/certs/ca-certificates.crt", 0o644, roots.Bytes()},
		{dataFolder + "/", 0o1777, nil},
		{"tmp/", 0o1777, nil},
	}
}

// makeImage makes an image of nothing but these files.
func makeImage(p platform, program []byte, from source) (v1.Image, error) {
	var files bytes.Buffer
	if err := writeTar(&files, imageEntries(program), from.time); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(gzip.BestCompression))
	if err != nil {
		return nil, err
	}
	created := v1.Time{Time: from.time}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.ConfigFile(image, &v1.ConfigFile{
		Architecture: p.arch, OS: p.os, Created: created, RootFS: v1.RootFS{Type: "layers"},
		Config: v1.Config{
			Entrypoint: []string{"/vaectl"}, WorkingDir: "/" + dataFolder, Env: []string{"PATH=/", "XDG_CACHE_HOME=/" + dataFolder + "/.cache"},
			Labels: map[string]string{
				"org.opencontainers.image.title":       "vaectl",
				"org.opencontainers.image.description": "Variational autoencoders on CPUs",
				"org.opencontainers.image.version":     from.version,
				"org.opencontainers.image.revision":    from.revision,
				"org.opencontainers.image.created":     from.time.Format(time.RFC3339),
			},
		},
	})
	if err != nil {
		return nil, err
	}
	return mutate.Append(image, mutate.Addendum{Layer: layer, MediaType: types.OCILayer, History: v1.History{Created: created, CreatedBy: "make dist"}})
}

// writeImage writes a container image as an OCI layout in a tar archive, with the
// manifest that Docker before version 25 reads.
func writeImage(to string, p platform, program []byte, from source) error {
	image, err := makeImage(p, program, from)
	if err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "vaectl-image-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	place, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	name := "vaectl:" + from.version
	if err := place.AppendImage(image, layout.WithPlatform(v1.Platform{OS: p.os, Architecture: p.arch}), layout.WithAnnotations(map[string]string{
		"org.opencontainers.image.ref.name": from.version, "io.containerd.image.name": "docker.io/library/" + name,
	})); err != nil {
		return err
	}
	files, err := entriesOf(folder)
	if err != nil {
		return err
	}
	old, err := dockerManifest(image, name)
	if err != nil {
		return err
	}
	files = append(files, entry{"manifest.json", 0o644, old})
	return create(to, func(w io.Writer) error { return writeTar(w, files, from.time) })
}

// entriesOf are the files in and below a folder.
func entriesOf(folder string) ([]entry, error) {
	var all []entry
	err := filepath.WalkDir(folder, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, file)
		all = append(all, entry{filepath.ToSlash(name), 0o644, content})
		return err
	})
	return all, err
}

// dockerManifest says where in the layout the image's parts are.
func dockerManifest(image v1.Image, name string) ([]byte, error) {
	manifest, err := image.Manifest()
	if err != nil {
		return nil, err
	}
	blob := func(h v1.Hash) string { return path.Join("blobs", h.Algorithm, h.Hex) }
	var layers []string
	for _, l := range manifest.Layers {
		layers = append(layers, blob(l.Digest))
	}
	return json.Marshal([]map[string]any{{"Config": blob(manifest.Config.Digest), "RepoTags": []string{name}, "Layers": layers}})
}
