package vae_test

import (
	"fmt"
	"log"
	"math"
	"math/rand/v2"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/loss"
	"vaectl/vae"
)

// Ring is a prior of one's own that one can only draw from: uniform on a circle
// in the first two dimensions.
type Ring struct{}

func (Ring) Name() string                 { return "ring" }
func (Ring) Parameters() []loss.Parameter { return nil }
func (Ring) Latents() int                 { return 2 }
func (Ring) Sample(z []float64, rng *rand.Rand) {
	z[1], z[0] = math.Sincos(2 * math.Pi * rng.Float64())
}

// A model whose z is matched to draws of a prior without a density.
func ExampleNewWith_sampler() {
	engine, err := vae.NewEngine("", 1)
	if err != nil {
		log.Fatal(err)
	}
	defer engine.Close()
	prior, err := loss.NewSampledPrior(Ring{})
	if err != nil {
		log.Fatal(err)
	}
	c := configs.Default()
	c.Model.Hidden, c.Model.Latent, c.Objective.Name = []int{32}, 2, "mmd"
	m, err := vae.NewWith(c, vae.Parts{Prior: prior}, data.Shape{Height: 8, Width: 8, Channels: 1}, engine)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Minimised())

	c.Objective.Name = "elbo"
	_, err = vae.NewWith(c, vae.Parts{Prior: prior}, data.Shape{Height: 8, Width: 8, Channels: 1}, engine)
	fmt.Println(err)
	// Output:
	// reconstruction + 100 MMD^2 of z and prior
	// prior ring has no density, which objective.name (--objective) elbo takes a KL to: z can be matched to its draws by mmd
}
