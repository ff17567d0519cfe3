package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"vaectl/data"
)

// entry is a line of a list in help and man pages.
type entry struct{ name, text string }

// variables are the environment variables that the program reads.
func variables() []entry {
	return []entry{
		{data.EnvDir, "a folder to look for data sets in before the cache and before any download; a set may also lie in a folder of its own name in it. --data-dir wins over it"},
		{data.EnvOffline, "1 forbids downloads"},
		{kernelVariable, "which kernel computes: avx512, avx2, neon or portable. By default the fastest one that the CPU can run (`vaectl version` lists them). The same seed gives the same bits on one kernel, and other bits on another"},
		{"NO_COLOR", "any value keeps colours out of what is written to a terminal"},
		{epochVariable, "the date on man pages, in seconds since 1970. By default that of the commit that the program was built from"},
		{"XDG_CACHE_HOME", "where the cache of downloaded data sets is: its folder vaectl. Without it, on Linux ~/.cache/vaectl, on macOS ~/Library/Caches/vaectl, on Windows %LocalAppData%\\vaectl. Deleting that folder is safe"},
	}
}

// statuses are the statuses with which the program ends.
func statuses() []entry {
	var list []entry
	for _, s := range []struct {
		code int
		text string
	}{
		{exitDone, "done"},
		{exitFailure, "failure: anything not listed below, such as a full disk"},
		{exitUsage, "wrong usage: an unknown command or flag, or a setting that is not allowed"},
		{exitDiverged, "training diverged: the loss is no longer a finite number"},
		{exitData, "a data set, a run or a checkpoint is missing or damaged"},
		{exitInterrupted, "interrupted, as by Ctrl-C; a training has written a checkpoint and can be resumed. `vaectl serve` ends with 0"},
	} {
		list = append(list, entry{fmt.Sprint(s.code), s.text})
	}
	return list
}

// topic is a part of help that is about no command.
type topic struct {
	name, short, long string
	list              []entry
}

func topics() []topic {
	return []topic{
		{"environment", "The environment variables that the program reads", "These environment variables are read by every command.", variables()},
		{"exit-codes", "The statuses with which the program ends", "The status of the process says how a command ended. With --json the error is one JSON object on stdout, which names the status too.", statuses()},
	}
}

// newTopics are the topics as cobra knows them: commands that do not run.
func newTopics() []*cobra.Command {
	var commands []*cobra.Command
	for _, t := range topics() {
		commands = append(commands, &cobra.Command{Use: t.name, Short: t.short, Long: t.long})
	}
	return commands
}

// topicOf is the topic that a command stands for.
func topicOf(cmd *cobra.Command) (topic, bool) {
	if cmd.Runnable() || cmd.HasSubCommands() {
		return topic{}, false
	}
	for _, t := range topics() {
		if t.name == cmd.Name() {
			return t, true
		}
	}
	return topic{}, false
}
