package kernel

// Activation is a function applied to every element of a result.
type Activation uint8

// The activations a layer may end in.
const (
	Identity  Activation = iota // x
	Relu                        // max(x, 0); NaN stays NaN
	Tanh                        // tanh x
	Softplus                    // ln(1 + exp x)
	Elu                         // x for x > 0, else exp(x) - 1
	Sigmoid                     // 1 / (1 + exp -x)
	LeakyRelu                   // x for x > 0, else Leak * x
)

// Leak is the slope of LeakyRelu below 0, that of PyTorch's nn.LeakyReLU.
const Leak = 0.01
