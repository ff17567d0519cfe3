package main

// rates are what both programs' --json writes: training gives images, decoding samples as well.
type rates struct {
	ImagesPerS  float64 `json:"images_per_s"`
	SamplesPerS float64 `json:"samples_per_s"`
}

// in is the rate in the row's unit.
func (r rates) in(row comparison) float64 {
	if row.decoding {
		return r.SamplesPerS
	}
	return r.ImagesPerS
}

// ours is what `vaectl bench --json` writes, as far as it matters here.
type ours struct {
	rates
	BoundPerS float64 `json:"gemm_bound_images_per_s"`
	Kernel    string  `json:"kernel"`
	Threads   int     `json:"threads"`
}
