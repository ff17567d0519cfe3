package sweep

import (
	"fmt"
	"slices"
	"strings"

	"vaectl/configs"
	"vaectl/internal/format/strictyaml"
)

// mostTold is how many trials with settings that are not allowed are told of; the others are mostly more of the same.
const mostTold = 3

// check reports what is wrong with the file as a whole, once each of its parts could be read.
func (p *parser) check() {
	f := p.file
	if len(f.Seeds) == 0 {
		f.Seeds = []uint64{f.Base.Train.Seed}
	}
	if strings.HasPrefix(f.Name, ".") || strings.HasPrefix(f.Name, "-") || strings.ContainsAny(f.Name, `/\:`+"\x00") || f.Name == "" {
		p.report(0, "the sweep would be called %q, and its runs %q: rename the file", f.Name, f.Run(0))
	}
	p.overlaps()
	p.halving()
	if n, ok := f.count(); !ok {
		p.report(0, "makes more than %d trials", maxTrials)
	} else if len(p.problems) == 0 {
		p.trials(n)
	}
}

// overlaps reports a setting that two variables set, or one and set.
func (p *parser) overlaps() {
	owner := map[string]string{}
	for _, a := range p.set {
		owner[a.Key] = "set"
	}
	for _, v := range p.file.Variables {
		for _, key := range v.keys() {
			if other, taken := owner[key]; taken && other != v.Name {
				p.report(p.lines[key], "%s is given by %s and by %s", key, other, v.Name)
			}
			owner[key] = v.Name
		}
	}
}

// keys lists the settings that a variable gives values.
func (v Variable) keys() []string {
	if v.Range != nil {
		return []string{v.Range.Key}
	}
	var keys []string
	for _, c := range v.Choices {
		for _, a := range c.Set {
			if !slices.Contains(keys, a.Key) {
				keys = append(keys, a.Key)
			}
		}
	}
	return keys
}

// halving makes the last rung the length of the trials, and reports what keeps rungs from being evaluated.
func (p *parser) halving() {
	f := p.file
	if f.Rungs == nil {
		return
	}
	if line, ok := p.lines["train.epochs"]; ok {
		p.report(line, "train.epochs is the last of the rungs, %d: leave it out", f.Rungs[len(f.Rungs)-1])
	}
	f.Base.Train.Epochs = f.Rungs[len(f.Rungs)-1]
	every := f.Base.Train.EvalEvery
	for _, r := range f.Rungs {
		if r > 0 && r%every != 0 {
			p.report(p.lines["train.eval_every"], "a rung after epoch %d is not evaluated: train.eval_every is %d", r, every)
		}
	}
	if line, ok := p.lines["train.patience"]; ok {
		p.report(line, "train.patience and rungs both end trainings early: choose one")
	}
}

// trials reports the trials whose settings are not allowed.
func (p *parser) trials(n int) {
	told := map[string]bool{}
	for _, t := range p.file.Trials() {
		err := configs.Validate(t.Config)
		if err == nil || told[err.Error()] {
			continue
		}
		if told[err.Error()] = true; len(told) > mostTold {
			p.report(0, "and other trials whose settings are not allowed")
			return
		}
		p.report(0, "trial %d of %d%s: %v", t.Index, n, t.described(p.file), err)
	}
}

// described names what is particular to a trial, in brackets after a space; empty where nothing is.
func (t Trial) described(f *File) string {
	if len(t.Choices) == 0 {
		return ""
	}
	parts := make([]string, len(t.Choices))
	for i, c := range t.Choices {
		parts[i] = fmt.Sprintf("%s %s", f.Variables[i].Name, strictyaml.Shorten(c.Label))
	}
	return " (" + strings.Join(parts, ", ") + ")"
}
