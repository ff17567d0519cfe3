package data

// exampleClasses bounds the classes that [Split.Examples] takes images of.
const exampleClasses = 10

// Examples picks images to show, by index and the same ones each time: the
// first image of each class in the order of the classes, then the second of
// each, and so on for the given number of rounds. A class with fewer images is
// left out of the rounds it has none for; of more than ten classes the first
// ten are shown. Without labels these are simply the first ten images a round.
func (s *Split) Examples(rounds int) []int32 {
	var picked []int32
	if s.Labels == nil {
		for i := range min(rounds*exampleClasses, s.Count) {
			picked = append(picked, int32(i))
		}
		return picked
	}
	byClass := make([][]int32, s.classes())
	for i, c := range s.Labels {
		if len(byClass[c]) < rounds {
			byClass[c] = append(byClass[c], int32(i))
		}
	}
	var classes [][]int32
	for _, images := range byClass {
		if len(images) > 0 && len(classes) < exampleClasses {
			classes = append(classes, images)
		}
	}
	for round := range rounds {
		for _, images := range classes {
			if round < len(images) {
				picked = append(picked, images[round])
			}
		}
	}
	return picked
}
