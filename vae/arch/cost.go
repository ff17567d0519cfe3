package arch

// StepFLOPs counts the multiplications and additions that a training step makes for
// an image with one draw of z: those of the layers forward, and twice as many
// backward, for the gradients of inputs and of weights.
func (n *Network) StepFLOPs() float64 { return 3 * n.Layers().FLOPs() }
