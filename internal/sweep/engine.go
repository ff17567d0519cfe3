package sweep

import (
	_ "embed" // for the templates
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/template"
)

// Task is what an engine is told beside the trials.
type Task struct {
	Root    string // the folder of the runs
	Threads int    // of a trial
	PerJob  int    // trials that one job trains one after the other
	Image   string // the container with this program
	Claim   string // the volume with the runs
	Flags   []string
}

//go:embed slurm.tmpl
var slurmText string

//go:embed kubernetes.tmpl
var kubernetesText string

// Slurm writes a batch script whose array trains all trials. It resumes what was interrupted and has itself queued again
// before its time is over.
func Slurm(f *File, t Task) (string, error) {
	trials := len(f.Trials())
	return fill("slurm", slurmText, map[string]any{
		"Name": slug(f.Name), "File": f.Path, "Root": t.Root, "Threads": t.Threads, "PerJob": t.PerJob, "Flags": t.Flags,
		"Last": trials - 1, "LastJob": (trials+t.PerJob-1)/t.PerJob - 1, "Rungs": len(f.Rungs),
	})
}

// Kubernetes writes a ConfigMap with the sweep's files and an Indexed Job of one pod a trial.
func Kubernetes(f *File, t Task) (string, error) {
	type content struct{ Name, Text string }
	var files []content
	for _, path := range f.Files {
		text, err := os.ReadFile(path)
		if err != nil {
			return "", fmt.Errorf("sweep: %w", err)
		}
		files = append(files, content{filepath.Base(path), string(text)})
	}
	return fill("kubernetes", kubernetesText, map[string]any{
		"Name": slug(f.Name), "File": filepath.Base(f.Path), "Files": files, "Trials": len(f.Trials()), "Threads": t.Threads,
		"Image": t.Image, "Claim": t.Claim, "Flags": t.Flags, "Rungs": len(f.Rungs),
	})
}

func fill(name, text string, values map[string]any) (string, error) {
	parsed, err := template.New(name).Funcs(template.FuncMap{"shell": shellWord, "yaml": yamlWord, "indent": indent}).Parse(text)
	if err != nil {
		return "", fmt.Errorf("sweep: template: %w", err)
	}
	var out strings.Builder
	if err := parsed.Execute(&out, values); err != nil {
		return "", fmt.Errorf("sweep: template: %w", err)
	}
	return out.String(), nil
}

// slug is a name that Kubernetes takes, and Slurm too: lower-case letters, digits and dashes, at most 50 of them.
func slug(name string) string {
	s := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(name), "-")
	s = strings.Trim(s[:min(len(s), 50)], "-")
	if s == "" || s[0] >= '0' && s[0] <= '9' {
		s = strings.TrimSuffix("sweep-"+s, "-")
	}
	return s
}

// shellWord quotes a word for a shell.
func shellWord(word string) string {
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// yamlWord quotes a word for YAML: in single quotes only they themselves mean something.
func yamlWord(word string) string {
	return "'" + strings.ReplaceAll(word, "'", "''") + "'"
}

// indent puts spaces before every line that has anything.
func indent(spaces int, text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			out.WriteString(strings.Repeat(" ", spaces))
		}
		out.WriteString(line)
	}
	return strings.TrimSuffix(out.String(), "\n")
}
