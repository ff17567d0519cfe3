package configs_test

import (
	"fmt"
	"log"
	"strings"

	"vaectl/configs"
)

// A preset, with a setting changed as a flag would change it, and what it then is beside
// the defaults.
func ExampleLoad() {
	c, err := configs.Load("article-uniform")
	if err != nil {
		log.Fatal(err)
	}
	if err := c.Set("prior.high", "2"); err != nil {
		log.Fatal(err)
	}
	if err := configs.Validate(c); err != nil {
		log.Fatal(err)
	}
	for _, d := range configs.Diff(configs.Default(), c) {
		if strings.HasPrefix(d.Key, "prior.") {
			fmt.Println(d)
		}
	}
	// Output:
	// prior.name: normal against uniform
	// prior.high: 1 against 2
}

// Errors name the setting, and the nearest one where there is none of the name.
func ExampleConfig_Set() {
	c := configs.Default()
	fmt.Println(c.Set("train.epocs", "3"))
	fmt.Println(c.Set("train.epochs", "many"))
	c.Train.Epochs = 0
	fmt.Println(configs.Validate(c))
	// Output:
	// invalid configuration: unknown setting "train.epocs": did you mean "train.epochs"?
	// train.epochs (--epochs) is many: must be a whole number
	// train.epochs (--epochs) is 0: must be from 1 to 1e6
}

// A file holds only what is not the default; what is read from it is complete.
func ExampleParse() {
	c, err := configs.Parse(strings.NewReader("model:\n  latent: 2\n"), "two.yaml")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(c.Model.Latent, c.Model.Hidden, c.Prior.Name)
	// Output: 2 [400] normal
}
