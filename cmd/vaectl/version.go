package main

import "runtime/debug"

// programVersion is the module's version, or the revision it was built from.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	version := "devel"
	modified := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			version = "devel-" + s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			if s.Value == "true" {
				modified = "-modified"
			}
		}
	}
	return version + modified
}
