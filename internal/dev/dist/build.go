package main

import (
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// job is what is to be built.
type job struct {
	root, out string
	platforms []platform
	environ   []string // added to that of the process
}

// source is what a build knows of the commit it was made of.
type source struct {
	version  string // as Go derives it from the tags
	revision string
	time     time.Time
}

// build builds a release.
func build(ctx context.Context, stdout io.Writer, j job) error {
	if err := makeEmpty(j.out); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "vaectl-dist-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	native := filepath.Join(work, platform{os: runtime.GOOS}.program())
	if err := j.compile(ctx, platform{runtime.GOOS, runtime.GOARCH}, native); err != nil {
		return err
	}
	from, err := sourceOf(native)
	if err != nil {
		return err
	}
	pages, err := documents(ctx, native, filepath.Join(work, "man"), from)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "vaectl %s\n", from.version)
	for _, p := range j.platforms {
		if err := j.release(ctx, p, from, pages, filepath.Join(work, "program")); err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
	}
	return writeSums(stdout, j.out)
}

// makeEmpty makes a folder and wants nothing in it.
func makeEmpty(folder string) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return err
	}
	entries, err := os.ReadDir(folder)
	if err == nil && len(entries) > 0 {
		err = fmt.Errorf("-out %s: the folder is not empty", folder)
	}
	return err
}

// release writes everything for one platform.
func (j job) release(ctx context.Context, p platform, from source, pages []entry, program string) error {
	if err := j.compile(ctx, p, program); err != nil {
		return err
	}
	content, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	name := strings.Join([]string{"vaectl", from.version, p.os, p.arch}, "-")
	archive := append([]entry{{p.program(), 0o755, content}}, pages...)
	if err := writeArchive(filepath.Join(j.out, name), p, within(name, archive), from.time); err != nil {
		return err
	}
	if err := writeBill(ctx, program, filepath.Join(j.out, name+".cdx.json"), from); err != nil {
		return err
	}
	if p.os != "linux" {
		return nil
	}
	return writeImage(filepath.Join(j.out, name+"-image.tar"), p, content, from)
}

// compile builds the program for a platform. Settings of the machine that would
// change its bytes are put back.
func (j job) compile(ctx context.Context, p platform, to string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=true", "-ldflags=-s -w", "-o", to, "./cmd/vaectl")
	cmd.Dir = j.root
	cmd.Env = append(os.Environ(), j.environ...)
	cmd.Env = append(cmd.Env, "CGO_ENABLED=0", "GOOS="+p.os, "GOARCH="+p.arch, "GOFLAGS=", "GOEXPERIMENT=", "GOWORK=off", "GOAMD64=v1", "GOARM64=v8.0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// sourceOf reads from a program what commit it was built from.
func sourceOf(program string) (source, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return source{}, err
	}
	settings := make(map[string]string)
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if settings["vcs.revision"] == "" {
		return source{}, errors.New("a release is built from a git checkout, which has the version and the time of the commit")
	}
	if settings["vcs.modified"] == "true" {
		return source{}, errors.New("the checkout differs from its commit (git status says how), and a release is of a commit: commit the changes, or stash them with git stash -u")
	}
	at, err := time.Parse(time.RFC3339, settings["vcs.time"])
	return source{info.Main.Version, settings["vcs.revision"], at.UTC()}, err
}
