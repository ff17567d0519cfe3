package loss

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// logStudentTail is the logarithm of the probability beyond |t| on one side of
// the standard Student's t with nu degrees of freedom, 1/2 I_x(nu/2, 1/2) with
// x = nu/(nu + t^2).
func logStudentTail(t, nu float64) float64 {
	t = math.Abs(t)
	if nu > 1e5 && t < 100 {
		// The beta function of so large an argument rounds off.
		return logPhi(-normalEquivalent(t, nu))
	}
	a := nu / 2
	if t < 1 {
		// Here x rounds off what t adds to 1/2; 1 - x does not.
		return math.Log1p(-mathext.RegIncBeta(0.5, a, t*t/(nu+t*t))) - math.Ln2
	}
	logX := -logOneMore(t, nu)
	x := math.Exp(logX)
	if tail := mathext.RegIncBeta(a, 0.5, x) / 2; tail > 1e-250 && x > 1e-250 {
		return math.Log(tail)
	}
	// I_x(a, b) = x^a (1-x)^b / (a B(a, b)) F(a+b, 1; a+1; x) (Abramowitz &
	// Stegun 26.5.8 with 15.3.3). So far out x is well below 1 and the terms
	// fall off quickly.
	series, term := 1.0, 1.0
	for n := 0.0; term > 1e-17*series && n < 1e6; n++ {
		term *= (a + 0.5 + n) / (a + 1 + n) * x
		series += term
	}
	return a*logX + 0.5*math.Log1p(-x) - math.Log(a) - mathext.Lbeta(a, 0.5) + math.Log(series) - math.Ln2
}

// logOneMore is ln(1 + t^2/nu), also where t^2 has no float64.
func logOneMore(t, nu float64) float64 {
	if r := math.Abs(t) / math.Sqrt(nu); r > 1e8 {
		return 2 * math.Log(r)
	}
	return math.Log1p(t * t / nu)
}

// normalEquivalent is the place at which the standard normal distribution has
// the probability that Student's t has beyond t, for nu above 1e5 (Hill 1970,
// "Algorithm 395: Student's t-distribution", Communications of the ACM 13;
// the terms left out are below 1e-15 there for t up to 100).
func normalEquivalent(t, nu float64) float64 {
	a := nu - 0.5
	b := 48 * a * a
	w2 := a * math.Log1p(t*t/nu)
	w := math.Sqrt(w2)
	return w + w*((w2+3)/b-(((4*w2+33)*w2+240)*w2+855)/(10*b*(b+0.8*w2*w2+100)))
}

// studentTailQuantile is the t > 0 beyond which the standard Student's t has
// the probability e^logP, for logP up to ln(1/2): +Inf where t has no float64.
func studentTailQuantile(logP, nu float64) float64 {
	if logP >= -math.Ln2 {
		return 0
	}
	if math.IsInf(logP, -1) {
		return math.Inf(1)
	}
	// As a function of ln t the logarithm of the tail falls and is concave, so
	// Newton's method comes down to the root from its first or second step on.
	logT := firstTailQuantile(logP, nu)
	peak := studentLogPeak(nu)
	for range 100 {
		t := math.Exp(logT)
		if math.IsInf(t, 1) {
			return t
		}
		tail := logStudentTail(t, nu)
		logDensity := peak - (nu+1)/2*logOneMore(t, nu)
		step := (tail - logP) * math.Exp(tail-logDensity-logT)
		logT += step
		if math.Abs(step) < 1e-15*max(1, math.Abs(logT)) {
			break
		}
	}
	return math.Exp(logT)
}

// firstTailQuantile is a guess at ln t: from the power law of the tail where nu
// is small, and otherwise from the normal distribution.
func firstTailQuantile(logP, nu float64) float64 {
	if nu < 3 {
		// Beyond sqrt(nu) the tail is about t^-nu times e^peak nu^((nu-1)/2).
		return max((studentLogPeak(nu)+(nu-1)/2*math.Log(nu)-logP)/nu, math.Log(nu)/2)
	}
	w := quantileOfLog(logP)
	return math.Log(nu*math.Expm1(min(w*w/(nu-1.5), 700))) / 2
}

// studentLogPeak is the log density of the standard Student's t at 0.
func studentLogPeak(nu float64) float64 {
	return logGammaStep(nu/2) - 0.5*math.Log(nu*math.Pi)
}

// logGammaStep is ln(Gamma(x + 1/2)/Gamma(x)), whose two terms cancel to
// nothing for large x; there by its expansion (Tricomi & Erdelyi 1951).
func logGammaStep(x float64) float64 {
	if x < 20 {
		upper, _ := math.Lgamma(x + 0.5)
		lower, _ := math.Lgamma(x)
		return upper - lower
	}
	w := 1 / (x * x)
	return 0.5*math.Log(x) - (1.0/8-w*(1.0/192-w*(1.0/640-w*(17.0/14336-w*31.0/18432))))/x
}

// studentQuantile is the quantile of the standard Student's t.
func studentQuantile(p, nu float64) float64 {
	if p > 0.5 {
		return studentTailQuantile(math.Log1p(-p), nu)
	}
	return -studentTailQuantile(math.Log(p), nu)
}
