package configs

import "fmt"

// Warmup is the number of steps over which the weight of the KL term rises, in a training with so many steps an epoch.
func (o Objective) Warmup(stepsPerEpoch uint64) float64 {
	if o.KLWarmupSteps > 0 {
		return float64(o.KLWarmupSteps)
	}
	return o.KLWarmup * float64(stepsPerEpoch)
}

// WarmupText writes that time, as "2.5 epochs" or "2000 steps"; it is empty where the weight does not rise.
func (o Objective) WarmupText() string {
	switch {
	case o.KLWarmupSteps > 0:
		return fmt.Sprintf("%d steps", o.KLWarmupSteps)
	case o.KLWarmup > 0:
		return fmt.Sprintf("%g epochs", o.KLWarmup)
	}
	return ""
}
