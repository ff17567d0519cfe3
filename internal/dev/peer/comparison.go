package main

// comparison is one row of the table: the same work on both sides.
type comparison struct {
	title     string
	work      []string // flags that both programs know and take alike
	oneThread bool     // both sides
	kernel    string   // forced on vaectl; empty leaves the choice to it
	decoding  bool     // evaluation in place of a training step
}

// decodeFlag is the flag of `vaectl bench` and of torch_vae.py that times the importance-weighted bound.
const decodeFlag = "--decode-samples"

func comparisons() []comparison {
	wide := []string{"--hidden", "400", "--latent", "20", "--activation", "relu", "--batch-size", "128", "--binarize", "none"}
	deep := func(more ...string) []string {
		return append([]string{"--hidden", "200,200", "--latent", "50", "--activation", "tanh", "--binarize", "dynamic"}, more...)
	}
	return []comparison{
		{title: "784-400-20, relu, batch 128, grey", work: wide},
		{title: "784-200-200-50, tanh, batch 20, dynamic binarisation", work: deep("--batch-size", "20")},
		{title: "784-200-200-50, tanh, batch 100, dynamic binarisation", work: deep("--batch-size", "100")},
		{title: "784-400-20, relu, batch 128, grey, `VAECTL_KERNEL=avx2`", work: wide, kernel: "avx2"},
		{title: "784-400-20, relu, batch 128, grey, one thread", work: wide, oneThread: true},
		{title: "784-200-200-50, tanh, log-likelihoods of 5,000 samples an image", work: deep(decodeFlag, "5000"), decoding: true},
	}
}

// unit is what is counted a second.
func (c comparison) unit() string {
	if c.decoding {
		return "samples/s"
	}
	return "images/s"
}
