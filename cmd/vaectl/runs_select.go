package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vaectl/configs"
	"vaectl/internal/typo"
)

// selection is which runs are listed, and in which order.
type selection struct {
	conditions []condition
	by         string // "" for the order they come in
	descending bool
}

// condition compares what a run has under a name with a value.
type condition struct{ name, operator, value string }

// operators, the longer ones before those they begin with.
func operators() []string { return []string{"!=", "<=", ">=", "=", "<", ">"} }

func newSelection(filters []string, sort string) (selection, error) {
	var s selection
	for _, f := range filters {
		c, err := parseCondition(f)
		if err != nil {
			return s, err
		}
		s.conditions = append(s.conditions, c)
	}
	s.by, s.descending = strings.CutPrefix(sort, "-")
	if s.by == "" {
		if s.descending {
			return s, usagef("--sort %s: name what to sort by", sort)
		}
		return s, nil
	}
	return s, checkName("--sort "+sort, s.by)
}

func parseCondition(text string) (condition, error) {
	at := strings.IndexAny(text, "=<>!")
	if at < 1 {
		return condition{}, usagef("--filter %q: write NAME=VALUE, or another of != < <= > >=", text)
	}
	for _, operator := range operators() {
		if value, ok := strings.CutPrefix(text[at:], operator); ok {
			c := condition{strings.TrimSpace(text[:at]), operator, strings.TrimSpace(value)}
			return c, checkName(fmt.Sprintf("--filter %q", text), c.name)
		}
	}
	return condition{}, usagef("--filter %q: write NAME=VALUE, or another of != < <= > >=", text)
}

// figureNames are the names of what is no setting.
func figureNames() []string {
	return []string{"run", "status", "dataset", "loss", "kl", "active", "epoch", "started"}
}

// settingKey is the key of the setting with a flag's name, or with that key.
func settingKey(name string) (string, bool) {
	for _, f := range configs.Fields() {
		if f.Flag == name || f.Key == name {
			return f.Key, true
		}
	}
	return "", false
}

func checkName(where, name string) error {
	if slices.Contains(figureNames(), name) {
		return nil
	}
	if _, ok := settingKey(name); ok {
		return nil
	}
	known := figureNames()
	for _, f := range configs.Fields() {
		known = append(known, f.Flag)
	}
	hint := "names are " + strings.Join(figureNames(), ", ") + ", and the flags of settings, such as beta"
	if nearest, ok := typo.Nearest(name, known); ok {
		hint = fmt.Sprintf("did you mean %s?", nearest)
	}
	return &usageError{err: fmt.Errorf("%s: nothing is called %q", where, name), hint: hint}
}

// valueOf is what a run has under a name; empty where it has nothing.
func (r listedRun) valueOf(name string) string {
	if name == "run" {
		return r.Name()
	}
	if r.Err != nil {
		if name == "status" {
			return statusBroken
		}
		return ""
	}
	switch name {
	case "status":
		return r.Record.Status
	case "dataset":
		return r.Record.Dataset.Name
	case "epoch":
		return strconv.Itoa(r.Record.Epoch)
	case "started":
		return r.Record.Started.UTC().Format("2006-01-02T15:04:05")
	case "loss", "kl", "active":
		return r.figureOf(name)
	}
	key, ok := settingKey(name)
	if !ok || !r.loss.Readable() || !r.loss.Config.HasEffect(key) {
		return ""
	}
	text, err := r.loss.Config.Get(key)
	if err != nil {
		return ""
	}
	return text
}

func (r listedRun) figureOf(name string) string {
	f := r.loss.Figures()
	if f == nil {
		return ""
	}
	value := f.Loss()
	switch name {
	case "kl":
		value = f.KL
	case "active":
		value = float64(f.ActiveUnits)
	}
	return strconv.FormatFloat(value, 'g', -1, 64)
}

// compareTexts compares numbers as numbers and other texts as texts.
func compareTexts(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil {
		return cmp.Compare(x, y)
	}
	return cmp.Compare(a, b)
}

// holds reports whether a run meets the condition. One that has nothing under
// the name meets only !=.
func (c condition) holds(r listedRun) bool {
	value := r.valueOf(c.name)
	if value == "" && c.value != "" {
		return c.operator == "!="
	}
	order := compareTexts(value, c.value)
	switch c.operator {
	case "=":
		return order == 0
	case "!=":
		return order != 0
	case "<":
		return order < 0
	case "<=":
		return order <= 0
	case ">":
		return order > 0
	}
	return order >= 0
}

// apply returns the chosen runs in order. Those that have nothing to sort by come last.
func (s selection) apply(runs []listedRun) []listedRun {
	var chosen []listedRun
	for _, r := range runs {
		if !slices.ContainsFunc(s.conditions, func(c condition) bool { return !c.holds(r) }) {
			chosen = append(chosen, r)
		}
	}
	if s.by == "" {
		return chosen
	}
	slices.SortStableFunc(chosen, func(a, b listedRun) int {
		x, y := a.valueOf(s.by), b.valueOf(s.by)
		if x == "" || y == "" {
			return cmp.Compare(len(y), len(x))
		}
		if s.descending {
			x, y = y, x
		}
		return compareTexts(x, y)
	})
	return chosen
}
