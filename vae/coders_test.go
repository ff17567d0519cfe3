package vae

import (
	"errors"
	"math"
	"slices"
	"sync"
	"testing"
)

// However many rows are computed at a time, images come out the same.
func TestCompiledCodersAgreeWithTheModel(t *testing.T) {
	for _, prior := range []string{"normal", "uniform"} {
		m := newModel(t, "prior.name="+prior, "prior.mean=0.5", "prior.std=0.1")
		samples, err := m.Sample(7, 3, nil)
		if err != nil {
			t.Fatal(err)
		}
		want, err := m.Encode(Batch{Pixels: samples.Means})
		if err != nil {
			t.Fatal(err)
		}
		for _, rows := range []int{1, 3, 7, 20} {
			decoder, err := m.NewDecoder(rows)
			if err != nil {
				t.Fatal(err)
			}
			encoder, err := m.NewEncoder(rows)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 { // what an earlier call left must not matter
				means := make([]float32, len(samples.Means))
				if err := decoder.Decode(means, samples.Codes); err != nil {
					t.Fatal(err)
				}
				for i, v := range means {
					if math.Abs(float64(v-samples.Means[i])) > 1e-6 {
						t.Fatalf("%s, %d rows at a time: pixel %d is %g, want %g", prior, rows, i, v, samples.Means[i])
					}
				}
				got, err := encoder.Encode(Batch{Pixels: samples.Means})
				if err != nil {
					t.Fatal(err)
				}
				for i := range want.Mean {
					if math.Abs(got.Mean[i]-want.Mean[i])+math.Abs(got.Std[i]-want.Std[i])+math.Abs(got.Z[i]-want.Z[i]) > 1e-5 {
						t.Fatalf("%s, %d rows at a time: latent %d is %g ± %g, want %g ± %g", prior, rows, i, got.Mean[i], got.Std[i], want.Mean[i], want.Std[i])
					}
				}
			}
		}
	}
}

// A sampler that is used again draws what the model draws, however many rows it
// computes at a time.
func TestCompiledSamplerAgreesWithTheModel(t *testing.T) {
	for _, settings := range [][]string{{"prior.name=uniform"}, {"model.upper_latent=2", "model.upper_hidden=6"}} {
		m := newModel(t, settings...)
		for _, rows := range []int{1, 3, 20} {
			sampler, err := m.NewSampler(rows)
			if err != nil {
				t.Fatal(err)
			}
			for _, seed := range []uint64{3, 4, 3} {
				want, err := m.Sample(7, seed, nil)
				if err != nil {
					t.Fatal(err)
				}
				got, err := sampler.Sample(7, seed, nil)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got.Z, want.Z) {
					t.Fatalf("%v, %d rows at a time: z of seed %d are not the model's", settings, rows, seed)
				}
				for i, v := range got.Means {
					if math.Abs(float64(v-want.Means[i])) > 1e-6 {
						t.Fatalf("%v, %d rows at a time: pixel %d of seed %d is %g, want %g", settings, rows, i, seed, v, want.Means[i])
					}
				}
			}
		}
	}
}

func TestCompiledDecoderFollowsTheWeights(t *testing.T) {
	m := newModel(t)
	d, err := m.NewDecoder(1)
	if err != nil {
		t.Fatal(err)
	}
	z := make([]float64, m.Latents())
	before, after := make([]float32, m.Values()), make([]float32, m.Values())
	if err := d.Decode(before, Codes{Z: z}); err != nil {
		t.Fatal(err)
	}
	if err := m.Init(2); err != nil {
		t.Fatal(err)
	}
	if err := d.Decode(after, Codes{Z: z}); err != nil {
		t.Fatal(err)
	}
	for i := range after {
		if after[i] != before[i] {
			return
		}
	}
	t.Error("new weights decode to the same image")
}

func TestDecodersOfOneModelRunAtOnce(t *testing.T) {
	m := newModel(t)
	samples, err := m.Sample(1, 5, nil)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 4 {
		d, err := m.NewDecoder(1)
		if err != nil {
			t.Fatal(err)
		}
		wait.Go(func() {
			means := make([]float32, m.Values())
			for range 50 {
				if err := d.Decode(means, samples.Codes); err != nil {
					t.Error(err)
				}
				for i, v := range means {
					if math.Abs(float64(v-samples.Means[i])) > 1e-6 {
						t.Errorf("pixel %d is %g, want %g", i, v, samples.Means[i])
						return
					}
				}
			}
		})
	}
	wait.Wait()
}

func TestCodersRefuseWhatDoesNotFit(t *testing.T) {
	m := newModel(t)
	if _, err := m.NewDecoder(0); err == nil {
		t.Error("a decoder of 0 rows was made")
	}
	if _, err := m.NewEncoder(-1); err == nil {
		t.Error("an encoder of -1 rows was made")
	}
	d, err := m.NewDecoder(1)
	if err != nil {
		t.Fatal(err)
	}
	e, err := m.NewEncoder(1)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Decode(make([]float32, m.Values()), Codes{Z: make([]float64, m.Latents()+1)}); !errors.Is(err, errShape) {
		t.Errorf("z of a wrong length: %v", err)
	}
	if err := d.Decode(make([]float32, 1), Codes{Z: make([]float64, m.Latents())}); !errors.Is(err, errShape) {
		t.Errorf("room for one pixel: %v", err)
	}
	if _, err := e.Encode(Batch{Pixels: make([]float32, m.Values()-1)}); !errors.Is(err, errShape) {
		t.Errorf("an image that is too small: %v", err)
	}
}

// The allocation is what a slider that is dragged would pay at every frame.
func TestCompiledDecoderDoesNotAllocate(t *testing.T) {
	m := newModel(t)
	d, err := m.NewDecoder(1)
	if err != nil {
		t.Fatal(err)
	}
	means, z := make([]float32, m.Values()), make([]float64, m.Latents())
	allocations := testing.AllocsPerRun(20, func() {
		if err := d.Decode(means, Codes{Z: z}); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 0 {
		t.Errorf("%g allocations a decode", allocations)
	}
}

func BenchmarkDecodeOne(b *testing.B) {
	m, err := New(config("model.hidden=400", "model.latent=20"), grey(28, 28), engine(b))
	if err != nil {
		b.Fatal(err)
	}
	if err := m.Init(1); err != nil {
		b.Fatal(err)
	}
	z := make([]float64, 20)
	b.Run("compiled", func(b *testing.B) {
		d, err := m.NewDecoder(1)
		if err != nil {
			b.Fatal(err)
		}
		means := make([]float32, m.Values())
		b.ReportAllocs()
		for b.Loop() {
			if err := d.Decode(means, Codes{Z: z}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("model", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := m.Decode(Codes{Z: z}); err != nil {
				b.Fatal(err)
			}
		}
	})
}
