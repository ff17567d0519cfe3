package loss

// Method says how a figure was computed.
type Method string

const (
	// ClosedForm is a formula of elementary functions, exact up to rounding.
	ClosedForm Method = "closed form"
	// Quadrature is a numerical integral in float64 whose error is far below
	// what is printed.
	Quadrature Method = "quadrature"
	// GaussianStandIn is not the figure itself, which does not exist, but that of
	// the Gaussian with the prior's mean and standard deviation.
	GaussianStandIn Method = "to the Gaussian with the prior's mean and standard deviation; the prior has no density"
	// MonteCarlo is a mean over draws, unbiased and noisy.
	MonteCarlo Method = "Monte Carlo"
)
