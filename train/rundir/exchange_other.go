//go:build !linux

package rundir

import "errors"

func exchange(string, string) error { return errors.ErrUnsupported }
