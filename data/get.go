package data

import "context"

func get(_ context.Context, e Entry, _ Options, _ bool) (string, error) {
	return "", missing("give its files with --data-dir", "%s is not on this machine", e.Name)
}
