package vae

import (
	"fmt"
	"strings"
)

// Minimised names what training minimises, unless that is the negative of [Model.Bound];
// then it is empty. Where there is a name, the loss of a step cannot be compared with the
// figures of an evaluation: it is a looser bound, with beta above 1 or free bits, or none.
func (m *Model) Minimised() string {
	o := m.config.Objective
	switch {
	case o.Name == capacity:
		text := fmt.Sprintf("reconstruction + %g |KL - C| with C = %g nats", o.CapacityWeight, o.Capacity)
		if o.CapacityEpochs > 0 {
			text += fmt.Sprintf(" after %g epochs", o.CapacityEpochs)
		}
		return text
	case o.Name == matching:
		text := fmt.Sprintf("reconstruction + %g MMD^2 of z and prior", o.MMDWeight)
		if len(m.network.Levels) > 1 {
			text += ", with the KL of the lower layer"
		}
		return text
	case o.Name == IWAE && o.WarmupText() != "":
		return fmt.Sprintf("the negative bound with its log prior and posterior weighed from 0 to 1 over %s", o.WarmupText())
	case o.Name == IWAE:
		return ""
	}
	var parts []string
	if o.Beta != 1 {
		parts = append(parts, fmt.Sprintf("the KL weighed by %g", o.Beta))
	}
	if rising := o.WarmupText(); rising != "" {
		parts = append(parts, "its weight rising over "+rising)
	}
	if o.FreeBits > 0 {
		parts = append(parts, fmt.Sprintf("%g nats a dimension free", o.FreeBits))
	}
	if parts == nil {
		return ""
	}
	return "the negative ELBO with " + strings.Join(parts, ", ")
}
