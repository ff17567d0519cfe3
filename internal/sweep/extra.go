package sweep

import (
	"cmp"
	"os"
	"slices"
	"strconv"
	"strings"

	"vaectl/configs"
)

// Extended is the sweep together with the trials that were trained beside its list, as by an optimiser that chooses settings itself
// (sweep --trial I --set). Each of them is a point of its own behind those of the list, and what they set is varied too. states
// are those of the list.
func (f *File) Extended(root string, states []State) (*File, []State) {
	extras := f.extras(root, states)
	if len(extras) == 0 {
		return f, states
	}
	all := slices.Clone(states)
	if len(f.Variables) == 0 {
		// A file that varies nothing is there for such trials, and one of them may have the number of its own.
		all = slices.DeleteFunc(all, func(s State) bool { return s.Status == OtherTrial })
	}
	listed := len(all)
	all = append(all, extras...)
	g := *f
	g.Variables = slices.Clone(f.Variables)
	for _, s := range extras {
		g.vary(s)
	}
	for i := range all {
		t := &all[i].Trial
		if i >= listed {
			t.Point = f.Points() + i - listed
		}
		t.Choices = nil
		for _, v := range g.Variables {
			t.Choices = append(t.Choices, v.choiceIn(t.Config))
		}
	}
	return &g, all
}

// Beside counts the trials beside the list among those of [File.Extended].
func (f *File) Beside(states []State) int {
	n := 0
	for _, s := range states {
		if s.Trial.Point >= f.Points() {
			n++
		}
	}
	return n
}

// vary adds a variable for each setting that a trial beside the list has otherwise than all trials of the list.
func (f *File) vary(s State) {
	for _, d := range configs.Diff(f.Base.Settled(s.Record.Dataset.Shape().Channels), s.Trial.Config) {
		varied := slices.ContainsFunc(f.Variables, func(v Variable) bool { return slices.Contains(v.keys(), d.Key) })
		if !varied && d.Key != "train.seed" && d.Key != "data.validation" && decides(d.Key) {
			// One choice leaves the number of points of the list as it is.
			f.Variables = append(f.Variables, Variable{Name: d.Key, Choices: []Choice{{Set: []Assignment{{Key: d.Key}}}}})
		}
	}
}

// choiceIn is the choice that a configuration stands for.
func (v Variable) choiceIn(c configs.Config) Choice {
	if strings.Contains(v.Name, ".") {
		text, err := c.Get(v.Name)
		if err != nil {
			panic("sweep: " + err.Error()) // the file was read: there is such a setting
		}
		return Choice{Label: cmp.Or(text, noValue)}
	}
	for _, choice := range v.Choices {
		as := c
		for _, a := range choice.Set {
			if err := as.Set(a.Key, a.Text); err != nil {
				panic("sweep: " + err.Error())
			}
		}
		if len(configs.Diff(as, c)) == 0 {
			return choice
		}
	}
	return Choice{Label: none}
}

// extras are the trials in root that this sweep trained beside its list, in the order of their numbers.
func (f *File) extras(root string, states []State) []State {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil // there are none
	}
	var extras []State
	for _, e := range entries {
		number, ours := strings.CutPrefix(e.Name(), f.Name+"-")
		i, err := strconv.Atoi(number)
		if !ours || err != nil || e.Name() != f.Run(i) || i < len(states) && states[i].Status != OtherTrial {
			continue
		}
		if s := f.lookBeside(root, i); slices.ContainsFunc(s.Record.Argv, func(a string) bool { return strings.HasPrefix(a, "--set") }) {
			extras = append(extras, s)
		}
	}
	slices.SortFunc(extras, func(a, b State) int { return a.Trial.Index - b.Trial.Index })
	return extras
}
