package loss

import (
	"math"
	"strings"
	"testing"
)

// The log density of u is that of z with the stretching of the map from u to z.
func TestLogProbIsTheDensityOfTheDraws(t *testing.T) {
	for _, c := range priorCases() {
		t.Run(c.name, func(t *testing.T) {
			b := newBatch(t)
			n, err := LogProb(c.vector, b.q)
			if err != nil {
				t.Fatal(err)
			}
			p, err := b.graph.Compile(n, b.q.U())
			if err != nil {
				t.Fatal(err)
			}
			p.Run()
			rows, width := n.Shape()[0], n.Shape().TotalSize()/n.Shape()[0]
			const h = 1e-4
			for r := range rows {
				var got, want float64
				for _, v := range p.Value(n)[r*width : (r+1)*width] {
					got += float64(v)
				}
				z := make([]float64, c.vector.Latents())
				for d := range z {
					u := float64(p.Value(b.q.U())[r*len(z)+d])
					z[d] = FromBase(c.vector, d, u)
					want += math.Log((FromBase(c.vector, d, u+h) - FromBase(c.vector, d, u-h)) / (2 * h))
				}
				want += c.vector.LogDensity(z)
				if math.Abs(got-want) > 1e-3*(1+math.Abs(want)) {
					t.Errorf("draw %d: log density %g, want %g", r, got, want)
				}
			}
		})
	}
}

// samplesOnly hides everything of a prior but the interface.
type samplesOnly struct{ Prior }

func TestLogProbOfAPriorWithoutDensity(t *testing.T) {
	b := newBatch(t)
	if _, err := LogProb(samplesOnly{priorCases()[0].vector}, b.q); err == nil || !strings.Contains(err.Error(), "normal") {
		t.Errorf("error %v, want one that names the prior", err)
	}
}
