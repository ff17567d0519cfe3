package kernel

import "math"

// AdamStep holds the scalars of one optimiser step.
type AdamStep struct {
	Rate         float32 // learning rate
	Beta1, Beta2 float32 // decay of the first and second moment
	Eps          float32 // added to the denominator
	Correction1  float32 // 1/(1-Beta1^t), t counting from 1
	Correction2  float32 // 1/(1-Beta2^t); unused by Adamax
	Decay        float32 // decoupled weight decay (AdamW): w -= Rate*Decay*w; 0 for none
	Max          bool    // Adamax: v is the infinity norm, v = max(Beta2*v, |g|)
}

// Adam updates weights w and moments m, v from gradients g in one pass, with PyTorch's semantics
// (Kingma and Ba 2015, algorithm 1; with Max algorithm 2; Decay as Loshchilov and Hutter 2019):
//
//	w -= Rate*Decay*w
//	m  = Beta1*m + (1-Beta1)*g
//	v  = Beta2*v + (1-Beta2)*g^2
//	w -= Rate*Correction1*m / (sqrt(v*Correction2) + Eps)
//
// and with Max v = max(Beta2*v, |g|), w -= Rate*Correction1*m / (v + Eps).
//
// On amd64 numbers below the least normal one, 1.2e-38, are read and written as 0. The moments of a weight that gets no
// gradient for some hundred steps, as those of pixels that are nearly always black, pass through them, and the
// processor takes twice as long for a vector with one of them.
func (e *Engine) Adam(w, g, m, v []float32, s AdamStep) {
	sameLength(len(w), len(g))
	sameLength(len(w), len(m))
	sameLength(len(w), len(v))
	scalars := newAdamScalars(s)
	for len(w) > 0 {
		n := min(len(w), callElements)
		e.vec.adam(w[:n], g[:n], m[:n], v[:n], scalars)
		w, g, m, v = w[n:], g[n:], m[n:], v[n:]
	}
}

// adamScalars are the factors of one step as the kernels read them.
type adamScalars struct {
	keep        float32 // 1 - Rate*Decay
	step        float32 // Rate*Correction1
	beta1       float32
	gain1       float32 // 1 - Beta1
	beta2       float32
	gain2       float32 // 1 - Beta2
	correction2 float32
	eps         float32
	max         bool
}

func newAdamScalars(s AdamStep) adamScalars {
	return adamScalars{
		keep:        float32(1 - float64(s.Rate)*float64(s.Decay)),
		step:        float32(float64(s.Rate) * float64(s.Correction1)),
		beta1:       s.Beta1,
		gain1:       float32(1 - float64(s.Beta1)),
		beta2:       s.Beta2,
		gain2:       float32(1 - float64(s.Beta2)),
		correction2: s.Correction2,
		eps:         s.Eps,
		max:         s.Max,
	}
}

func adamPortable(w, g, m, v []float32, s adamScalars) {
	for i, gi := range g {
		mi := s.beta1*m[i] + s.gain1*gi
		var denominator float32
		if s.max {
			v[i] = max(s.beta2*v[i], float32(math.Abs(float64(gi))))
			denominator = v[i] + s.eps
		} else {
			v[i] = s.beta2*v[i] + s.gain2*gi*gi
			denominator = float32(math.Sqrt(float64(v[i]*s.correction2))) + s.eps
		}
		m[i] = mi
		w[i] = s.keep*w[i] - s.step*mi/denominator
	}
}
