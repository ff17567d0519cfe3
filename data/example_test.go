package data_test

import (
	"context"
	"fmt"

	"vaectl/data"
)

func ExampleLoad() {
	set, err := data.Load(context.Background(), data.Options{Name: "strokes", BuiltinTrain: 100, BuiltinTest: 20})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(set)
	fmt.Println(set.Test.ClassCounts())
	// Output:
	// strokes: 100 training and 20 test images of 28x28 from built-in
	// [2 2 2 2 2 2 2 2 2 2]
}
