package explorer

import (
	"context"
	"fmt"
	"net/http"

	"vaectl/data"
	"vaectl/train/rundir"
)

// modelWithData returns the model of a run and the images it is shown with.
func (e *Explorer) modelWithData(ctx context.Context, name string) (*model, *data.Set, error) {
	m, err := e.model(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	set, err := e.dataset(ctx, m)
	return m, set, err
}

// dataset returns the images a run is shown with: those it was trained on,
// unless the program was told of others.
func (e *Explorer) dataset(ctx context.Context, m *model) (*data.Set, error) {
	if e.options.Data == nil {
		return nil, &problem{status: http.StatusConflict, text: "the explorer was started without data sets"}
	}
	trained := m.record.Dataset
	key := fmt.Sprintf("%s %s %s", trained.Digest, trained.Name, trained.Source)
	set, err := e.datasets.get(ctx, key, func(ctx context.Context) (*data.Set, int64, error) {
		done, err := e.computing(ctx)
		if err != nil {
			return nil, 0, err
		}
		defer done()
		set, err := e.options.Data(ctx, m.record, m.Config().Data)
		if err != nil {
			return nil, 0, err
		}
		return set, int64(len(set.Train.Bytes) + len(set.Test.Bytes) + len(set.Train.Labels) + len(set.Test.Labels)), nil
	})
	if err != nil {
		return nil, err
	}
	for _, s := range []*data.Split{&set.Train, &set.Test} {
		if s.Shape != m.Shape() {
			return nil, &problem{
				status: http.StatusConflict,
				text:   fmt.Sprintf("data set %s has images of %v, run %s reads %v", set.Name, s.Shape, m.run.name, m.Shape()),
				hint:   "start vaectl serve with the data the run was trained on: --dataset, --data-dir",
			}
		}
	}
	return set, nil
}

// otherData says that a run is shown with images it was not trained on.
func otherData(trained rundir.Dataset, set *data.Set) string {
	if trained.Digest == set.Digest {
		return ""
	}
	return fmt.Sprintf("trained on %s (content %.12s), shown with %s (content %.12s)", trained.Name, trained.Digest, set.Name, set.Digest)
}
