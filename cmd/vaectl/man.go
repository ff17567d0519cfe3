package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"vaectl/internal/format/atomicfile"
)

// manOptions are the flags of man.
type manOptions struct {
	out string
}

func newMan(env environment) *cobra.Command {
	var o manOptions
	cmd := &cobra.Command{
		Use:   "man [flags]",
		Short: "Write the man pages",
		Long:  "Write a man page for vaectl and each of its commands into a folder, which is made if it is not there.",
		Example: "  vaectl man --out ~/.local/share/man/man1\n" +
			"  man vaectl-train",
		GroupID: groupSetup,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return o.run(env, cmd.Root()) },
	}
	cmd.Flags().StringVar(&o.out, "out", "man", "the `folder` to write to")
	return cmd
}

func (o *manOptions) run(env environment, root *cobra.Command) error {
	if err := os.MkdirAll(o.out, 0o777); err != nil {
		return fmt.Errorf("folder of man pages: %w", err)
	}
	now := env.now()
	header := doc.GenManHeader{Section: "1", Date: &now, Source: "vaectl " + programVersion(), Manual: "vaectl"}
	count := 0
	err := eachCommand(root, func(cmd *cobra.Command) error {
		count++
		page := header
		page.Title = strings.ToUpper(manName(cmd))
		return atomicfile.WriteFile(filepath.Join(o.out, manName(cmd)+".1"), func(w io.Writer) error { return doc.GenMan(cmd, &page, w) })
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "%d man pages in %s\n", count, o.out)
	return err
}

// manName names a command's page as git does, vaectl-data-get.
func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// eachCommand calls f for a command and all visible ones below it.
func eachCommand(cmd *cobra.Command, f func(*cobra.Command) error) error {
	err := f(cmd)
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			err = errors.Join(err, eachCommand(c, f))
		}
	}
	return err
}
