package sweep

import (
	"math"
	"math/rand/v2"
	"strconv"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"gonum.org/v1/gonum/stat/samplemv"
)

// draw chooses the values of the drawn variables, one row a draw. The rows of fewer draws are the first of more.
func (f *File) draw() [][]Choice {
	var variables []Variable
	for _, v := range f.Variables {
		if v.Drawn {
			variables = append(variables, v)
		}
	}
	drawn := make([][]Choice, f.Draws)
	if len(variables) == 0 {
		return drawn
	}
	uniform := f.uniform(len(variables))
	for d := range drawn {
		drawn[d] = make([]Choice, len(variables))
		for i, v := range variables {
			drawn[d][i] = v.at(uniform.At(d, i))
		}
	}
	return drawn
}

// uniform draws numbers from 0 to 1, one row a draw: independently, or as a randomised Halton sequence (Owen 2017), whose
// points lie evenly.
func (f *File) uniform(variables int) *mat.Dense {
	source := rand.NewPCG(f.Seed, 0)
	numbers := mat.NewDense(f.Draws, variables, nil)
	if f.Quasi {
		samplemv.Halton{Kind: samplemv.Owen, Q: distmv.NewUnitUniform(variables, nil), Src: source}.Sample(numbers)
		return numbers
	}
	for d := range f.Draws {
		for i := range variables {
			numbers.Set(d, i, float64(source.Uint64()>>11)/(1<<53))
		}
	}
	return numbers
}

// at is the value of a variable at a number from 0 to 1.
func (v Variable) at(u float64) Choice {
	if v.Range == nil {
		return v.Choices[min(int(u*float64(len(v.Choices))), len(v.Choices)-1)]
	}
	text := v.Range.at(u)
	return Choice{Label: text, Set: []Assignment{{v.Range.Key, text}}}
}

// digits of a drawn number: more would say nothing and make tables hard to read.
const digits = 4

// at is the number at u, as a flag would give it. Rounding does not leave the range.
func (r *Range) at(u float64) string {
	low, high := r.Low, r.High
	if r.Whole {
		high++ // each whole number has the room up to the next
	}
	v := low + u*(high-low)
	if r.Log {
		v = math.Exp(math.Log(low) + u*(math.Log(high)-math.Log(low)))
	}
	if r.Whole {
		return strconv.FormatFloat(min(max(math.Floor(v), r.Low), r.High), 'f', -1, 64)
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if err != nil || rounded < r.Low || rounded > r.High {
		rounded = min(max(v, r.Low), r.High)
	}
	return strconv.FormatFloat(rounded, 'g', -1, 64)
}
