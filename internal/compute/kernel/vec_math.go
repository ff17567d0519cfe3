package kernel

import "math"

// The scalar functions of the portable kernel. They compute in float64, where no special care is needed for the
// ends of float32's range, with polynomials just long enough for float32; each is within 1 ulp of the true value.
// The polynomials are minimax fits (Remez).

const (
	// Adding roundMagic to a float64 rounds it to an integer, which the sum's low bits hold.
	roundMagic = 0x1.8p52

	overflowExp  = 89   // e^89 is +Inf in float32
	underflowExp = -104 // e^-104 is 0 in float32
)

// exp64 returns e^x for x in [underflowExp, overflowExp] or NaN, with a relative error of 3.2e-9 (Cody and Waite's reduction).
func exp64(x float64) float64 {
	n := x*math.Log2E + roundMagic - roundMagic
	r := x - n*math.Ln2
	return (1 + r + r*r*expTail(r)) * math.Float64frombits(uint64(int64(n)+1023)<<52)
}

// expTail returns (e^r - 1 - r)/r^2 for |r| <= ln2/2.
func expTail(r float64) float64 {
	return 0x1.fffffcp-2 + r*(0x1.55548cp-3+r*(0x1.555858p-5+r*(0x1.123da6p-7+r*0x1.6ac144p-10)))
}

// expNegative returns e^x for x <= 0 or NaN.
func expNegative(x float64) float64 {
	if x < underflowExp {
		x = underflowExp
	}
	return exp64(x)
}

// log64 returns ln x for a normal x > 0, with a relative error of 5.0e-9.
func log64(x float64) float64 {
	const threeQuarters, exponentMask = 0x3fe8 << 48, 0xfff << 52
	above := math.Float64bits(x) - threeQuarters
	k := float64(int64(above) >> 52)
	f := math.Float64frombits(math.Float64bits(x)-above&exponentMask) - 1
	tail := 0x1.28849p-3 + f*(-0x1.0da3fep-3+f*(0x1.ad008ap-4-f*0x1.71d02cp-5))
	tail = 0x1.5555a4p-2 + f*(-0x1.000046p-2+f*(0x1.99695ep-3+f*(-0x1.54ed86p-3+f*tail)))
	return k*math.Ln2 + (f + f*f*(-0.5+f*tail))
}

// log1pUnit returns ln(1+e) for 0 <= e <= 1 or NaN, with a relative error of 7.5e-9.
func log1pUnit(e float64) float64 {
	tail := 0x1.c38b7ep-4 + e*(-0x1.f2f7aep-5+e*(0x1.66490cp-6-e*0x1.e1c5fcp-9))
	tail = 0x1.55527ep-2 + e*(-0x1.ff7d56p-3+e*(0x1.94f9a2p-3+e*(-0x1.3eda66p-3+e*tail)))
	return e + e*e*(-0.5+e*tail)
}

func expOf(x float32) float32 {
	v := float64(x)
	if v > overflowExp {
		v = overflowExp
	}
	return float32(expNegative(v))
}

func logOf(x float32) float32 {
	switch {
	case x > 0 && x <= math.MaxFloat32:
		return float32(log64(float64(x)))
	case x == 0:
		return float32(math.Inf(-1))
	case x < 0:
		return float32(math.NaN())
	}
	return x
}

func log1pOf(x float32) float32 {
	const negligible = 0x1p-29 // of such an x the square no longer shows
	switch {
	case x > -negligible && x < negligible:
		return x
	case x > -1 && x <= math.MaxFloat32:
		return float32(log64(1 + float64(x)))
	case x == -1:
		return float32(math.Inf(-1))
	case x < -1:
		return float32(math.NaN())
	}
	return x
}

// expm1Negative returns e^x - 1 for x <= 0 or NaN, accurate near 0.
func expm1Negative(x float64) float64 {
	const lowest = -17.5 // e^-17.5 - 1 is -1 in float32
	if x < lowest {
		x = lowest
	}
	n := x*math.Log2E + roundMagic - roundMagic
	r := x - n*math.Ln2
	power := math.Float64frombits(uint64(int64(n)+1023) << 52)
	return power*(r+r*r*expTail(r)) + (power - 1)
}

// sigmoidOf returns 1/(1+e^-x) without overflow or cancellation.
func sigmoidOf(x float32) float32 {
	e := expNegative(-math.Abs(float64(x)))
	return float32(sigmoidFrom(x, e))
}

// sigmoidFrom returns sigmoid(x) from e = exp(-|x|).
func sigmoidFrom(x float32, e float64) float64 {
	if x < 0 {
		return e / (1 + e)
	}
	return 1 / (1 + e)
}

// softplusOf returns ln(1+e^x) as max(x, 0) + ln(1+e^-|x|).
func softplusOf(x float32) float32 {
	log := log1pUnit(expNegative(-math.Abs(float64(x))))
	if x > 0 {
		log += float64(x)
	}
	return float32(log)
}

// tanhOf returns (1-e)/(1+e) with e = exp(-2|x|), and x's sign; 1-e and 1+e come from e-1, which is accurate near 0.
func tanhOf(x float32) float32 {
	below := expm1Negative(-2 * math.Abs(float64(x)))
	return float32(math.Copysign(below/(below+2), float64(x)))
}

// turnOf returns cosine and sine of 2 pi * (word>>8) * 2^-24: of a quarter turns and an angle within an eighth, reduced exactly.
func turnOf(word uint32) (cosine, sine float64) {
	const eighth = 1 << 29
	quarters := (word + eighth) >> 30
	a := float64(int32(word>>8<<10)) * 0x1p-34
	s := a * a
	sine = a * (0x1.921fb6p+2 + s*(-0x1.4abc24p+5+s*(0x1.4680a4p+6-s*0x1.33198ep+6)))
	cosine = 1 + s*(-0x1.3bd3ccp+4+s*(0x1.03c1bp+6+s*(-0x1.55b2b6p+6+s*0x1.d4f7eep+5)))
	switch quarters {
	case 1:
		return -sine, cosine
	case 2:
		return -cosine, -sine
	case 3:
		return sine, -cosine
	}
	return cosine, sine
}
