package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/train"
	"vaectl/train/rundir"
	"vaectl/vae"
)

func TestExitCode(t *testing.T) {
	cases := []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("disk full"), 1},
		{rundir.ErrExists, 1},
		{rundir.ErrInUse, 1},
		{usagef("no"), 2},
		{configs.ErrInvalid, 2},
		{train.ErrSettings, 2},
		{data.ErrUnknown, 2},
		{train.ErrDiverged, 3},
		{data.ErrMissing, 4},
		{data.ErrDamaged, 4},
		{rundir.ErrNoRun, 4},
		{rundir.ErrDamaged, 4},
		{train.ErrData, 4},
		{vae.ErrWeights, 4},
		{train.ErrInterrupted, 130},
		{context.Canceled, 130},
		// The record of an interrupted run could not be written either.
		{errors.Join(errors.New("disk full"), train.ErrInterrupted), 130},
	}
	for _, c := range cases {
		for _, err := range []error{c.err, wrapped(c.err)} {
			if got := exitCode(err); got != c.want {
				t.Errorf("%v: status %d, want %d", err, got, c.want)
			}
		}
	}
}

func wrapped(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("train: %w", err)
}

func TestHintIsFoundBehindJoinsAndEmptyHints(t *testing.T) {
	inner := &usageError{err: errors.New("bad"), hint: "do this"}
	cases := []struct {
		err  error
		want string
	}{
		{errors.New("bad"), ""},
		{inner, "do this"},
		{fmt.Errorf("train: %w", inner), "do this"},
		{errors.Join(errors.New("other"), fmt.Errorf("train: %w", inner)), "do this"},
		{&usageError{err: inner}, "do this"},
		{&hintedError{inner, "do that"}, "do that"},
	}
	for _, c := range cases {
		if got := hintOf(c.err); got != c.want {
			t.Errorf("%v: hint %q, want %q", c.err, got, c.want)
		}
	}
}

func TestReportGoesToOneStream(t *testing.T) {
	err := &usageError{err: errors.Join(errors.New("one"), errors.New("two")), hint: "three"}
	var stdout, stderr bytes.Buffer
	env := environment{stdout: &stdout, stderr: &stderr}
	tellError(env, []string{"train"}, err)
	if want := "vaectl: error: one\nvaectl: error: two\nhint: three\n"; stderr.String() != want || stdout.Len() > 0 {
		t.Errorf("stderr %q, want %q; stdout %q", &stderr, want, &stdout)
	}
	stderr.Reset()
	tellError(env, []string{"train", "--json"}, err)
	var got failure
	if e := json.Unmarshal(stdout.Bytes(), &got); e != nil || stderr.Len() > 0 {
		t.Fatalf("stdout %q (%v), stderr %q", &stdout, e, &stderr)
	}
	if want := (failure{Error: "one\ntwo", Hint: "three", ExitCode: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	stdout.Reset()
	tellError(env, []string{"train", "--", "--json"}, err)
	if stdout.Len() > 0 {
		t.Errorf("--json behind -- is no flag, stdout %q", &stdout)
	}
}
