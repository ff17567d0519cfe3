package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/configs"
	"vaectl/internal/finite"
	"vaectl/internal/lines"
	"vaectl/loss"
)

// klOptions are the flags of kl.
type klOptions struct {
	settings settings
	mu       float64
	sigma    float64
	json     bool
}

func (o *klOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().Float64Var(&o.mu, "mu", 0, "`mean` of the posterior; 0 when not set")
	cmd.Flags().Float64Var(&o.sigma, "sigma", 1, "standard `deviation` of the posterior, positive")
	addJSON(cmd.Flags(), &o.json)
	o.settings.addFields(cmd, func(key string) bool { return strings.HasPrefix(key, "prior.") && key != "prior.standardize" }, "")
}

func newKL(env environment) *cobra.Command {
	var o klOptions
	cmd := &cobra.Command{
		Use:   "kl [flags]",
		Short: "Compute the KL of one latent dimension to a prior, with its formula",
		Long: "Compute KL(q || p) of a posterior q = N(mu, sigma^2) in one latent dimension to any prior p, in nats:\n" +
			"the formula, the same with numbers, the derivatives that training follows, and where it is zero.",
		Example: "  vaectl kl --prior-mean 0.5 --prior-std 0.1 --mu 0.3 --sigma 0.7\n" +
			"  vaectl kl --prior uniform --prior-low -1 --prior-high 1 --mu 0.3 --sigma 0.7\n" +
			"  vaectl kl --prior student-t --prior-dof 3 --mu 0.3 --sigma 0.7",
		GroupID: groupModels,
		Args:    noArguments,
		RunE:    func(*cobra.Command, []string) error { return o.run(env) },
	}
	o.addFlags(cmd)
	return cmd
}

// klResult is what kl --json writes. Mu and sigma are those of the Gaussian
// variable, "z" itself or the "u" that z is a function of.
type klResult struct {
	Prior       string           `json:"prior"`
	PriorName   string           `json:"prior_name"`
	Parameters  []loss.Parameter `json:"prior_parameters"`
	Variable    string           `json:"variable"`
	Mu          float64          `json:"mu"`
	Sigma       float64          `json:"sigma"`
	ZAtMu       float64          `json:"z_at_mu"`
	KL          float64          `json:"kl_nats"`
	DMu         float64          `json:"dkl_dmu"`
	DSigma      float64          `json:"dkl_dsigma"`
	Formula     string           `json:"formula"`
	Substituted string           `json:"substituted"`
	BaseMu      float64          `json:"prior_mu"`
	BaseSigma   float64          `json:"prior_sigma"`
	KLAtBase    float64          `json:"kl_at_prior_nats"`
	Method      loss.Method      `json:"kl_method"`
}

func (o *klOptions) run(env environment) error {
	if !finite.Is(o.mu) {
		return usagef("--mu %g: must be a finite number", o.mu)
	}
	if !finite.Is(o.sigma) || o.sigma <= 0 {
		return usagef("--sigma %g: must be a finite number above 0", o.sigma)
	}
	c := configs.Default()
	c.Model.Latent = 1
	// There is no network whose coordinates a prior would have to suit.
	c.Prior.Standardize = string(loss.Plain)
	if err := o.settings.apply(&c); err != nil {
		return err
	}
	if c.Prior.Name == "sphere" {
		return &usageError{err: errors.New("prior sphere has no density: there is no KL to it"), hint: "`vaectl train --objective mmd` matches z to its draws"}
	}
	if err := configs.Validate(c); err != nil {
		return err
	}
	for _, warning := range configs.Warnings(c) {
		if !strings.HasPrefix(warning, "model.") {
			warn(env, warning)
		}
	}
	prior, err := loss.NewPrior(c.Prior, c.Model.Latent)
	if err != nil {
		return usagef("%w", err)
	}
	if _, moves := prior.(loss.LearnedPrior); moves {
		return usagef("--prior %s: what is learned is no prior yet, and has no KL before training", prior.Name())
	}
	r := o.compute(prior)
	for _, v := range []float64{r.KL, r.DMu, r.DSigma} {
		if !finite.Is(v) {
			return usagef("--mu %g --sigma %g: the KL to %s or its derivative is beyond the largest number", o.mu, o.sigma, r.Prior)
		}
	}
	if o.json {
		return writeJSON(env.stdout, r)
	}
	return r.write(env.stdout)
}

func (o *klOptions) compute(prior loss.Prior) klResult {
	d := loss.DivergenceOf(prior, 0, o.mu, o.sigma)
	mu, sigma := loss.Base(prior, 0)
	r := klResult{
		Prior: loss.Describe(prior), PriorName: prior.Name(), Parameters: prior.Parameters(), Variable: "z",
		Mu: o.mu, Sigma: o.sigma, ZAtMu: loss.FromBase(prior, 0, o.mu),
		KL: d.KL, Method: d.Method, DMu: d.DMu, DSigma: d.DSigma, Formula: d.Formula, Substituted: d.Substituted,
		BaseMu: mu, BaseSigma: sigma, KLAtBase: loss.DivergenceOf(prior, 0, mu, sigma).KL,
	}
	if loss.FromBase(prior, 0, mu+sigma) != mu+sigma {
		r.Variable = "u"
	}
	return r
}

func (r klResult) write(w io.Writer) error {
	var t strings.Builder
	fmt.Fprintf(&t, "prior\t%s\n", r.Prior)
	fmt.Fprintf(&t, "posterior\t%s ~ N(mu, sigma^2) with mu = %g, sigma = %g\n", r.Variable, r.Mu, r.Sigma)
	if r.Variable != "z" {
		fmt.Fprintf(&t, "\tmu and sigma are those of %s, and z is a function of it; at %s = mu it is %.6g\n", r.Variable, r.Variable, r.ZAtMu)
	}
	fmt.Fprintf(&t, "KL\t= %s\n", r.Formula)
	fmt.Fprintf(&t, "\t= %s\n", r.Substituted)
	// The derivatives round off at about 1e-16 of what they are sums of: the slopes of
	// the prior within the posterior's reach, and 1/sigma.
	slopes, inverse := 1e-14*r.Sigma/(r.BaseSigma*r.BaseSigma), 1e-14/r.Sigma
	fmt.Fprintf(&t, "\t= %s nats (%s)\n", klText(r.KL, 0), r.Method)
	fmt.Fprintf(&t, "dKL/dmu\t= %s\n", klText(r.DMu, slopes))
	fmt.Fprintf(&t, "dKL/dsigma\t= %s\n", klText(r.DSigma, inverse))
	if math.Abs(r.KLAtBase) < 1e-14 {
		fmt.Fprintf(&t, "zero at\tmu = %.6g, sigma = %.6g, and positive elsewhere\n", r.BaseMu, r.BaseSigma)
	} else {
		fmt.Fprintf(&t, "at the prior's\tmu = %.6g, sigma = %.6g it is %s nats: no Gaussian is this prior\n", r.BaseMu, r.BaseSigma, klText(r.KLAtBase, 0))
	}
	_, err := io.WriteString(w, lines.Columns(t.String()))
	return err
}

// klText writes a figure with six decimals, or six digits where those would say
// little. What is within rounding of zero is zero.
func klText(x, rounding float64) string {
	switch size := math.Abs(x); {
	case size <= rounding:
		return "0.000000"
	case size < 1e-3, size >= 1e9:
		return fmt.Sprintf("%.6g", x)
	}
	return fmt.Sprintf("%.6f", x)
}
