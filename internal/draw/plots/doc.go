// Package plots draws the figures of a run from plain numbers: curves over
// training, the latent space, the aggregate posterior under its prior, and KL
// per dimension. Each figure is written as PNG (144 dots per inch) or as SVG
// that refers to nothing outside itself.
//
// All figures share one look: a white page, the title and the legend above the
// axes where they cover no data, and colours of Okabe and Ito ("Color Universal
// Design", 2008) or Tol ("Colour Schemes", 2021), which stay apart for
// colour-blind readers. Whatever colour tells apart, dashes, markers or words
// tell apart too, for paper in greys.
//
// Numbers that are not finite leave a gap and are never an error: a run that
// diverged should still have its curves.
package plots
