package sweep

import (
	"strconv"

	"vaectl/configs"
)

// Trial is one training of a sweep.
type Trial struct {
	Index int // from 0
	// Point numbers the settings: trials of one point differ in their seed alone.
	Point   int
	Seed    uint64
	Choices []Choice // one a variable of the file
	// Config is what is trained. Its data.validation is 0 where the file leaves that to the data set.
	Config configs.Config
}

func runName(sweep string, trial int) string { return sweep + "-" + strconv.Itoa(trial) }

// grid is the number of combinations of the variables that are not drawn.
func (f *File) grid() int {
	n := 1
	for _, v := range f.Variables {
		if !v.Drawn {
			n *= len(v.Choices)
		}
		if n > maxTrials {
			return n
		}
	}
	return n
}

// Points is the number of settings that are compared.
func (f *File) Points() int { return f.Draws * f.grid() }

// count is the number of trials, and whether it is within bounds.
func (f *File) count() (int, bool) {
	grid := f.grid()
	if grid > maxTrials || f.Draws*grid > maxTrials {
		return 0, false
	}
	n := f.Draws * grid * len(f.Seeds)
	return n, n <= maxTrials
}

// Trials lists all trials: for every seed all points, for every draw all combinations of the grid, the last variable
// changing fastest. So more seeds, or with one seed more draws, only add trials at the end.
func (f *File) Trials() []Trial {
	points := f.points()
	trials := make([]Trial, 0, len(points)*len(f.Seeds))
	for _, seed := range f.Seeds {
		for p, choices := range points {
			t := Trial{Index: len(trials), Point: p, Seed: seed, Choices: choices, Config: f.Base}
			t.Config.Train.Seed = seed
			t.Config.Data.Validation = f.Validation
			for _, c := range choices {
				for _, a := range c.Set {
					// The file was read: the setting is known and takes the text.
					if err := t.Config.Set(a.Key, a.Text); err != nil {
						panic("sweep: " + err.Error())
					}
				}
			}
			trials = append(trials, t)
		}
	}
	return trials
}

// points lists the choices of every point.
func (f *File) points() [][]Choice {
	drawn := f.draw()
	var points [][]Choice
	for d := range f.Draws {
		for g := range f.grid() {
			points = append(points, f.point(drawn[d], g))
		}
	}
	return points
}

// point combines the drawn choices, one a drawn variable, with combination g of the grid.
func (f *File) point(drawn []Choice, g int) []Choice {
	choices := make([]Choice, len(f.Variables))
	next := 0
	for i, v := range f.Variables {
		if v.Drawn {
			choices[i] = drawn[next]
			next++
		}
	}
	for i := len(f.Variables) - 1; i >= 0; i-- {
		if v := f.Variables[i]; !v.Drawn {
			choices[i] = v.Choices[g%len(v.Choices)]
			g /= len(v.Choices)
		}
	}
	return choices
}

// Outside is a trial outside of the list: what all trials have in common, with the first of the seeds. Whoever asks for it, such as
// an optimiser that chooses settings itself, gives it a number and changes its configuration.
func (f *File) Outside(index int) Trial {
	t := Trial{Index: index, Seed: f.Seeds[0], Config: f.Base}
	t.Config.Train.Seed = t.Seed
	t.Config.Data.Validation = f.Validation
	return t
}

// Alone is the score of a trial outside of the list, which trains for all epochs.
func (f *File) Alone(s State) Score {
	score := Score{States: []State{s}, Epochs: s.Trial.Config.Train.Epochs}
	score.judge(f.Judge, score.Epochs)
	return score
}
