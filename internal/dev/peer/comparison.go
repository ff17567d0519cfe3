package main

// comparison is one row of the table: the same work on all sides.
type comparison struct {
	title     string
	work      []string // flags that all programs know and take alike
	oneThread bool     // all sides
	kernel    string   // forced on vaectl; empty leaves the choice to it
	decoding  bool     // evaluation in place of a training step
	bf16      bool     // the rival computes in bfloat16, vaectl in float32 as ever
	images    imageShape
}

// decodeFlag is the flag of `vaectl bench` and of torch_vae.py that times the importance-weighted bound.
const decodeFlag = "--decode-samples"

func comparisons() []comparison {
	wide := []string{"--hidden", "400", "--latent", "20", "--activation", "relu", "--batch-size", "128", "--binarize", "none"}
	deep := func(more ...string) []string {
		return append([]string{"--hidden", "200,200", "--latent", "50", "--activation", "tanh", "--binarize", "dynamic"}, more...)
	}
	conv := func(channels, hidden, batch string, more ...string) []string {
		return append([]string{"--conv", channels, "--hidden", hidden, "--latent", "10", "--activation", "relu", "--batch-size", batch, "--binarize", "none"}, more...)
	}
	mnist := conv("32,64", "256", "128")
	burgess64 := conv("32,32,32,32", "256,256", "64")
	burgess32 := conv("32,32,32", "256,256", "64")
	pythae := conv("128,256,512,1024", "", "64", "--norm", "batch")
	grey64 := imageShape{64, 1}
	return []comparison{
		{title: "784-400-20, relu, batch 128, grey", work: wide},
		{title: "784-200-200-50, tanh, batch 20, dynamic binarisation", work: deep("--batch-size", "20")},
		{title: "784-200-200-50, tanh, batch 100, dynamic binarisation", work: deep("--batch-size", "100")},
		{title: "784-400-20, relu, batch 128, grey, `VAECTL_KERNEL=avx2`", work: wide, kernel: "avx2"},
		{title: "784-400-20, relu, batch 128, grey, one thread", work: wide, oneThread: true},
		{title: "784-200-200-50, tanh, log-likelihoods of 5,000 samples an image", work: deep(decodeFlag, "5000"), decoding: true},
		{title: "conv-mnist, batch 128", work: mnist},
		{title: "burgess, 64x64x1, batch 64", work: burgess64, images: grey64},
		{title: "burgess, 64x64x3, batch 64", work: burgess64, images: imageShape{64, 3}},
		{title: "burgess, 32x32x1, batch 64", work: burgess32, images: imageShape{32, 1}},
		{title: "pythae-mnist, batch norm, batch 64", work: pythae},
		{title: "conv-mnist, batch 128, one thread", work: mnist, oneThread: true},
		{title: "burgess, 64x64x1, batch 64, one thread", work: burgess64, images: grey64, oneThread: true},
		{title: "conv-mnist, batch 128, PyTorch in bfloat16", work: mnist, bf16: true},
		{title: "burgess, 64x64x1, batch 64, PyTorch in bfloat16", work: burgess64, images: grey64, bf16: true},
		{title: "pythae-mnist, batch norm, batch 64, PyTorch in bfloat16", work: pythae, bf16: true},
	}
}

// convolves reports whether the row has feature maps.
func (c comparison) convolves() bool { return len(c.work) > 0 && c.work[0] == "--conv" }

// unit is what is counted a second.
func (c comparison) unit() string {
	if c.decoding {
		return "samples/s"
	}
	return "images/s"
}
