package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/internal/compute/kernel"
)

// versionOptions are the flags of version.
type versionOptions struct {
	json bool
}

func newVersion(env environment) *cobra.Command {
	var o versionOptions
	cmd := &cobra.Command{
		Use:     "version [flags]",
		Short:   "Show the version, the platform and the kernels this CPU can run",
		GroupID: groupSetup,
		Args:    noArguments,
		RunE:    func(*cobra.Command, []string) error { return o.run(env) },
	}
	addJSON(cmd.Flags(), &o.json)
	return cmd
}

// versionResult is what version --json writes.
type versionResult struct {
	Version string   `json:"version"`
	Commit  string   `json:"commit,omitempty"` // of the source, where the build knows it
	Go      string   `json:"go"`
	OS      string   `json:"os"`
	Arch    string   `json:"arch"`
	CPUs    int      `json:"cpus"`
	Kernel  string   `json:"kernel"`
	Kernels []string `json:"kernels"`
}

func (o *versionOptions) run(env environment) error {
	engine, err := newEngine(env, 1)
	if err != nil {
		return err
	}
	defer engine.Close()
	r := versionResult{
		Version: programVersion(), Commit: buildSetting("vcs.revision"), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(),
		Kernel: engine.Kernel(), Kernels: kernel.Supported(),
	}
	if o.json {
		return writeJSON(env.stdout, r)
	}
	commit := ""
	if r.Commit != "" {
		commit = fmt.Sprintf("commit %s of %s\n", r.Commit, buildSetting("vcs.time"))
	}
	_, err = fmt.Fprintf(env.stdout, "vaectl %s\n%s%s %s/%s, %d CPUs\nkernel %s (this CPU can run %s)\n",
		r.Version, commit, r.Go, r.OS, r.Arch, r.CPUs, r.Kernel, strings.Join(r.Kernels, ", "))
	return err
}

// programVersion is the module's version, which names the commit where the
// build knows it.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	switch {
	case !ok:
		return "unknown"
	case info.Main.Version == "" || info.Main.Version == "(devel)":
		return "devel"
	}
	return info.Main.Version
}

// buildSetting is what the Go tool has recorded of the build; empty where it
// has not.
func buildSetting(key string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
