package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// clone clones this repository at its last commit and tags it.
func clone(t *testing.T, to string) string {
	t.Helper()
	for _, args := range [][]string{
		{"clone", "--quiet", "--no-hardlinks", filepath.Join("..", "..", ".."), to},
		{"-C", to, "tag", "v1.2.3"},
	} {
		if out, err := exec.CommandContext(t.Context(), "git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return to
}

// Two builds of a commit, from two folders, one with nothing in its cache and in
// another time zone, give the same bytes. The program says the version of the tag.
func TestTwoBuildsGiveTheSameBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the program twice")
	}
	first, second := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "in", "another", "place")
	here := platform{runtime.GOOS, runtime.GOARCH}
	var sums [][]byte
	for folder, environ := range map[string][]string{first: nil, second: {"GOCACHE=" + t.TempDir(), "TZ=Asia/Kathmandu", "LC_ALL=C"}} {
		j := job{root: clone(t, folder), out: filepath.Join(folder, "dist"), platforms: []platform{here}, environ: environ}
		var told bytes.Buffer
		if err := build(t.Context(), &told, j); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(told.String(), "vaectl v1.2.3\n") {
			t.Errorf("it says %s", told.String())
		}
		sum, err := os.ReadFile(filepath.Join(j.out, sumsFile))
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, sum)
	}
	if !bytes.Equal(sums[0], sums[1]) {
		t.Errorf("two builds have the checksums\n%s\nand\n%s", sums[0], sums[1])
	}
	checkRelease(t, filepath.Join(first, "dist"), here)
	checkChanged(t, first)
}

// checkRelease wants a release to be what its names promise.
func checkRelease(t *testing.T, folder string, p platform) {
	t.Helper()
	sum := exec.CommandContext(t.Context(), "sha256sum", "--check", "--strict", sumsFile)
	sum.Dir = folder
	if out, err := sum.CombinedOutput(); err != nil {
		t.Errorf("sha256sum: %v\n%s", err, out)
	}
	name := "vaectl-v1.2.3-" + p.os + "-" + p.arch
	unpack := exec.CommandContext(t.Context(), "tar", "-xzf", name+".tar.gz")
	unpack.Dir = folder
	if out, err := unpack.CombinedOutput(); err != nil {
		t.Fatalf("tar: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(folder, name, "vaectl"), "--version").Output()
	if err != nil || string(out) != "vaectl v1.2.3\n" {
		t.Errorf("vaectl --version says %q, %v", out, err)
	}
	for _, file := range []string{"man/man1/vaectl.1", "man/man1/vaectl-train.1", "completions/_vaectl", "completions/vaectl.bash", "completions/vaectl.fish", "completions/vaectl.ps1"} {
		if info, err := os.Stat(filepath.Join(folder, name, file)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", file, err)
		}
	}
	bill, err := os.ReadFile(filepath.Join(folder, name+".cdx.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"bomFormat": "CycloneDX"`, `"version": "v1.2.3"`, `"name": "gorgonia.org/gorgonia"`, `"name": "std"`} {
		if !bytes.Contains(bill, []byte(want)) {
			t.Errorf("the bill of materials has no %s", want)
		}
	}
}

// checkChanged wants a checkout with changes to be refused.
func checkChanged(t *testing.T, folder string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, "more.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	err := build(t.Context(), &bytes.Buffer{}, job{root: folder, out: t.TempDir(), platforms: []platform{{"linux", "amd64"}}})
	if err == nil || !strings.Contains(err.Error(), "differs from its commit") {
		t.Errorf("a checkout with changes: %v", err)
	}
}

func TestPlatforms(t *testing.T) {
	got, err := parsePlatforms("linux/amd64,windows/arm64")
	if err != nil || !slices.Equal(got, []platform{{"linux", "amd64"}, {"windows", "arm64"}}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, list := range []string{"", "linux", "linux/amd64,", "/amd64"} {
		if _, err := parsePlatforms(list); err == nil {
			t.Errorf("%q is taken", list)
		}
	}
}
