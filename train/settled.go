package train

import (
	"fmt"

	"vaectl/configs"
	"vaectl/data"
)

// settled is a configuration with what it leaves to the data: the likelihood that
// suits their pixels, and for a conditional model the number of their labels.
func settled(c configs.Config, d *data.Set) configs.Config {
	c = c.Settled(d.Train.Channels)
	if c.Model.Conditional && c.Model.Classes == 0 {
		c.Model.Classes = d.ClassCount()
	}
	return c
}

// checkLabels says whether a data set has the labels a conditional model reads.
func checkLabels(c configs.Config, d *data.Set) error {
	if !c.Model.Conditional {
		return nil
	}
	classes := d.ClassCount()
	if classes == 0 {
		return failure(ErrSettings, "train without --conditional, or put the files of labels beside those of the images",
			"model.conditional (--conditional) is true: the data set %s has no labels to condition on", d.Name)
	}
	if known := c.Model.Classes; known > 0 && known < classes {
		return failure(ErrSettings, fmt.Sprintf("--classes %d, or none to count them", classes),
			"model.classes (--classes) is %d: the data set %s has labels up to %d", known, d.Name, classes-1)
	}
	return nil
}
