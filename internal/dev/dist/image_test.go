package main

import (
	"archive/tar"
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// untar puts the files of an archive into a folder.
func untar(t *testing.T, path string) string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	folder := t.TempDir()
	for archive := tar.NewReader(file); ; {
		h, err := archive.Next()
		if err == io.EOF {
			return folder
		}
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(folder, filepath.FromSlash(h.Name))
		content, err := io.ReadAll(archive)
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o777), os.WriteFile(to, content, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
}

// An image is whole and says what it is; those who read OCI layouts and those who read
// Docker's archives find the same one.
func TestImage(t *testing.T) {
	from := source{"v1.2.3", "0123456789abcdef", commitTime}
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := writeImage(path, platform{"linux", "arm64"}, []byte("program"), from); err != nil {
		t.Fatal(err)
	}
	index, err := layout.ImageIndexFromPath(untar(t, path))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	one := manifest.Manifests[0]
	if len(manifest.Manifests) != 1 || one.Platform.Architecture != "arm64" || one.Annotations["org.opencontainers.image.ref.name"] != "v1.2.3" {
		t.Errorf("the index holds %v", manifest.Manifests)
	}
	image, err := index.Image(one.Digest)
	if err != nil {
		t.Fatal(err)
	}
	checkImage(t, image)
	old, err := tarball.ImageFromPath(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	checkImage(t, old)
}

func checkImage(t *testing.T, image v1.Image) {
	t.Helper()
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	c := config.Config
	if !slices.Equal(c.Entrypoint, []string{"/vaectl"}) || c.WorkingDir != "/data" || c.Labels["org.opencontainers.image.revision"] != "0123456789abcdef" ||
		config.OS != "linux" || config.Architecture != "arm64" || !config.Created.Equal(commitTime) {
		t.Errorf("configuration %+v", config)
	}
	files := mutate.Extract(image)
	defer files.Close()
	var names []string
	for archive := tar.NewReader(files); ; {
		h, err := archive.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
	if got := strings.Join(names, " "); got != "data etc/ssl/certs/ca-certificates.crt tmp vaectl" {
		t.Errorf("files %s", got)
	}
}

// The certificates of an image can be read, and are as many as browsers have.
func TestCertificates(t *testing.T) {
	rest := imageEntries(nil)[1].content
	count := 0
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			t.Error(err)
		}
		count++
	}
	if count < 100 || len(bytes.TrimSpace(rest)) > 0 {
		t.Errorf("%d certificates, and %d bytes are none", count, len(rest))
	}
}
