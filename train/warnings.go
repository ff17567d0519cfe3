package train

import (
	"fmt"
	"slices"

	"vaectl/configs"
)

// Warning is what a user should know of a training that did as it was told.
type Warning struct {
	Code string `json:"code"` // one of the constants below
	Text string `json:"text"` // a sentence without its full stop
}

// Codes of warnings.
const (
	// WarnSchedule: the run was continued to another length than its learning
	// rates were made for.
	WarnSchedule = "schedule"
)

// scheduleWarning says what continuing a run to more epochs does to a schedule
// that depends on their number.
func scheduleWarning(trained, asked configs.Train, step uint64) (w Warning, ok bool) {
	if trained.Epochs == asked.Epochs || step == 0 || !newSchedule(asked, 1).needsLength() {
		return Warning{}, false
	}
	return Warning{WarnSchedule, fmt.Sprintf(
		"the %s schedule spreads the learning rate over the whole run: the %d steps so far followed that of %d epochs, the rest follows that of %d, so the weights differ from those of one run of %[4]d epochs",
		asked.Schedule, step, trained.Epochs, asked.Epochs)}, true
}

// warn keeps a warning in the record, in place of an older one of its code.
func (r *Record) warn(w Warning) {
	r.Warnings = append(slices.DeleteFunc(r.Warnings, func(old Warning) bool { return old.Code == w.Code }), w)
}
