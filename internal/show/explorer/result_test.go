package explorer

import "testing"

// The figures of a run that was tested at its end are those of the test, as the
// list of runs and the warning about runs beside it have them.
func TestFiguresAreThoseOfTheResult(t *testing.T) {
	w := newWorld(t, nil)
	w.train("tested", "data.validation=20")
	var got struct {
		Figures struct {
			Split string `json:"split"`
		} `json:"figures"`
	}
	w.get("/api/runs/tested", &got)
	if got.Figures.Split != "test" {
		t.Errorf("figures of the %q split", got.Figures.Split)
	}
}
