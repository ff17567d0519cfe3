package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

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
	date, err := pageDate(env)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(o.out, 0o777); err != nil {
		return fmt.Errorf("folder of man pages: %w", err)
	}
	count := 0
	err = eachCommand(root, func(cmd *cobra.Command) error {
		count++
		page := manPage(cmd, date)
		return atomicfile.WriteFile(filepath.Join(o.out, manName(cmd)+".1"), func(w io.Writer) error {
			_, err := io.WriteString(w, page)
			return err
		})
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "%d man pages in %s\n", count, o.out)
	return err
}

// epochVariable is what reproducible builds set to the time of their source.
const epochVariable = "SOURCE_DATE_EPOCH"

// pageDate is the date on man pages: that of the source, or today where the build does
// not know it.
func pageDate(env environment) (time.Time, error) {
	if text := env.getenv(epochVariable); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return time.Time{}, usagef("%s=%s: must be a number of seconds since 1970", epochVariable, text)
		}
		return time.Unix(seconds, 0), nil
	}
	if at, err := time.Parse(time.RFC3339, buildSetting("vcs.time")); err == nil {
		return at, nil
	}
	return env.now(), nil
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

// manPage is a command's page in the macros of man(7).
func manPage(cmd *cobra.Command, date time.Time) string {
	cmd.InitDefaultHelpFlag()
	var p roff
	p.title(manName(cmd), date)
	p.section("NAME")
	p.line(manName(cmd) + " - " + cmd.Short)
	p.section("SYNOPSIS")
	p.code(cmd.UseLine())
	p.section("DESCRIPTION")
	long := cmd.Long
	if long == "" {
		long = cmd.Short + "."
	}
	p.text(long)
	p.subcommands(cmd)
	if sections := sectionsOf(cmd); len(sections) > 0 {
		p.section("OPTIONS")
		for _, s := range sections {
			if len(sections) > 1 {
				p.subsection(s.title)
			}
			p.list(flagEntries(s.flags, false))
		}
	}
	if cmd.HasExample() {
		p.section("EXAMPLES")
		for line := range strings.Lines(cmd.Example) {
			p.code(strings.TrimSpace(line))
		}
	}
	p.section("ENVIRONMENT")
	p.list(variables())
	p.section("EXIT STATUS")
	p.list(statuses())
	p.seeAlso(cmd)
	return p.String()
}

// roff writes a man page.
type roff struct{ strings.Builder }

// escaped writes text so that nothing in it is a macro or an escape; hyphens
// stay what they are when they are copied.
func escaped(text string) string {
	text = strings.NewReplacer(`\`, `\e`, `-`, `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}

func (p *roff) title(name string, date time.Time) {
	fmt.Fprintf(p, ".TH %q 1 %q %q\n", strings.ToUpper(name), date.UTC().Format(time.DateOnly), "vaectl "+programVersion())
}

func (p *roff) section(title string)    { fmt.Fprintf(p, ".SH %s\n", title) }
func (p *roff) subsection(title string) { fmt.Fprintf(p, ".SS %s\n", title) }

// line writes running text, in lines that editors and mandoc's lint like.
func (p *roff) line(text string) {
	for _, line := range breakLines(text, 72) {
		fmt.Fprintf(p, "%s\n", escaped(line))
	}
}

// code is a line that is typed.
func (p *roff) code(text string) {
	fmt.Fprintf(p, ".nf\n.B \"%s\"\n.fi\n", strings.ReplaceAll(escaped(text), `"`, `\(dq`))
}

// text writes paragraphs.
func (p *roff) text(text string) {
	for i, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		if i > 0 {
			p.WriteString(".PP\n")
		}
		if !strings.HasPrefix(paragraph, " ") {
			p.line(paragraph)
			continue
		}
		p.WriteString(".nf\n")
		for line := range strings.Lines(paragraph) {
			fmt.Fprintf(p, "%s\n", escaped(strings.TrimRight(line, "\n")))
		}
		p.WriteString(".fi\n")
	}
}

// list writes names and what they mean. The name of a flag is bold, what
// stands for its value italic.
func (p *roff) list(entries []entry) {
	for _, e := range entries {
		name, value, _ := strings.Cut(e.name, " ")
		if strings.HasSuffix(name, ",") { // -o, --out file
			var long string
			long, value, _ = strings.Cut(value, " ")
			name += " " + long
		}
		fmt.Fprintf(p, ".TP\n\\fB%s\\fR", escaped(name))
		if value != "" {
			fmt.Fprintf(p, " \\fI%s\\fR", escaped(value))
		}
		p.WriteString("\n")
		p.line(e.text)
	}
}

func (p *roff) subcommands(cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	p.section("COMMANDS")
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			p.list([]entry{{c.Name(), c.Short + "."}})
		}
	}
}

func (p *roff) seeAlso(cmd *cobra.Command) {
	var pages []string
	if cmd.HasParent() {
		pages = append(pages, manName(cmd.Parent())+"(1)")
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			pages = append(pages, manName(c)+"(1)")
		}
	}
	if len(pages) > 0 {
		p.section("SEE ALSO")
		p.line(strings.Join(pages, ", "))
	}
}
