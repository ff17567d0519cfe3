package train

import (
	"vaectl/configs"
	"vaectl/data"
)

// Parts divides a data set as a configuration has it: training images without the
// classes that are left out, and the validation images that are held out of them.
// Errors are [ErrSettings].
func Parts(c configs.Data, d *data.Set) (*data.Set, error) {
	left, err := trainingSet(c, d)
	if err != nil {
		return nil, err
	}
	if left, err = left.HoldOut(c.Validation); err != nil {
		return nil, failure(ErrSettings, "", "%w", err)
	}
	return left, nil
}

// trainingSet is a data set without the classes that are left out of training.
func trainingSet(c configs.Data, d *data.Set) (*data.Set, error) {
	left, err := d.Without(c.WithoutClasses)
	if err != nil {
		return nil, failure(ErrSettings, "", "data.without_classes (--without-class) is %s: %w", c.WithoutClasses, err)
	}
	return left, nil
}
