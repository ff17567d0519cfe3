// Command dist builds a release: an archive of the program for each platform with its
// man pages and completions, a bill of materials beside each, container images for
// Linux, and the checksums of it all.
//
//	make dist
//	make dist DIST_PLATFORMS=linux/amd64
//
// The same commit gives the same bytes wherever it is built with the same version of
// Go: the only time in a release is that of the commit, paths of the machine are
// trimmed, and archives hold their files in one order, with one owner. The version is
// the one that Go derives from the tags (v1.2.3 on a tag of that name, between tags a
// pseudo-version such as v1.2.4-0.20260102150405-0123456789ab), so that files are
// named as `vaectl --version` says. A tree with changes has no version and is refused.
//
// It is a module of its own, so that the program does not depend on what packs it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Stdout, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "dist:", err)
		os.Exit(1)
	}
}

// allPlatforms are those that releases are for.
const allPlatforms = "linux/amd64,linux/arm64,darwin/amd64,darwin/arm64,windows/amd64,windows/arm64"

func run(ctx context.Context, stdout io.Writer, args []string) error {
	flags := flag.NewFlagSet("dist", flag.ContinueOnError)
	root := flags.String("root", ".", "the checkout to build")
	out := flags.String("out", "dist", "the folder to write; it must be empty or not there")
	list := flags.String("platforms", allPlatforms, "what to build for, separated by commas")
	if err := flags.Parse(args); err != nil {
		return err
	}
	platforms, err := parsePlatforms(*list)
	if err != nil {
		return err
	}
	return build(ctx, stdout, job{root: *root, out: *out, platforms: platforms})
}

// platform is an operating system and an architecture, as Go names them.
type platform struct{ os, arch string }

func (p platform) String() string { return p.os + "/" + p.arch }

// program is the name of the program's file.
func (p platform) program() string {
	if p.os == "windows" {
		return "vaectl.exe"
	}
	return "vaectl"
}

func parsePlatforms(list string) ([]platform, error) {
	var all []platform
	for _, word := range strings.Split(list, ",") {
		os, arch, ok := strings.Cut(word, "/")
		if !ok || os == "" || arch == "" {
			return nil, fmt.Errorf("-platforms %s: %q is not a platform such as linux/amd64", list, word)
		}
		all = append(all, platform{os, arch})
	}
	return all, nil
}
