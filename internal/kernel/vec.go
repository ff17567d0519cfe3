package kernel

import "math"

// vecTable holds the vector functions of one level.
type vecTable struct{}

func newVecTable(level string) vecTable { return vecTable{} }

// activate applies act to every element of x.
func (t *vecTable) activate(act Activation, x []float32) {
	var f func(float64) float64
	switch act {
	case Relu:
		for i, v := range x {
			if v < 0 {
				x[i] = 0
			}
		}
		return
	case Tanh:
		f = math.Tanh
	case Softplus:
		f = func(v float64) float64 { return math.Max(v, 0) + math.Log1p(math.Exp(-math.Abs(v))) }
	case Elu:
		f = func(v float64) float64 {
			if v > 0 {
				return v
			}
			return math.Expm1(v)
		}
	case Sigmoid:
		f = func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	default:
		return
	}
	for i, v := range x {
		x[i] = float32(f(float64(v)))
	}
}
