package explorer

import (
	"net/http"
	"strings"
)

// endpoint answers a request with a value to be written as JSON.
type endpoint func(http.ResponseWriter, *http.Request) (any, error)

// route is one operation of the interface.
type route struct {
	method, path string
	handler      http.Handler
}

// operations lists the interface.
func (e *Explorer) operations() []route {
	return []route{
		{http.MethodGet, "/api/runs", e.answer(e.getRuns)},
		{http.MethodGet, "/api/runs/{name}", e.answer(e.getRun)},
		{http.MethodPost, "/api/decode", e.answer(e.postDecode)},
		{http.MethodPost, "/api/encode", e.answer(e.postEncode)},
		{http.MethodPost, "/api/sample", e.answer(e.postSample)},
		{http.MethodGet, "/api/map", e.answer(e.getMap)},
		{http.MethodGet, "/api/prior", e.answer(e.getPrior)},
		{http.MethodGet, "/api/metrics", e.answer(e.getMetrics)},
		{http.MethodGet, "/api/ranked", e.answer(e.getRanked)},
		{http.MethodGet, "/api/images", e.answer(e.getImages)},
		{http.MethodGet, "/api/image", http.HandlerFunc(e.getImage)},
		{http.MethodGet, "/api/events", http.HandlerFunc(e.getEvents)},
		{http.MethodGet, documentPath, http.HandlerFunc(e.getDocument)},
	}
}

func (e *Explorer) routes() http.Handler {
	mux := http.NewServeMux()
	allowed := make(map[string][]string)
	for _, o := range e.operations() {
		mux.Handle(o.method+" "+o.path, o.handler)
		allowed[o.path] = append(allowed[o.path], o.method)
	}
	// A path without its method is ServeMux's own plain 405 otherwise.
	for path, methods := range allowed {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Allow", strings.Join(methods, ", "))
			e.refuse(w, r, &problem{status: http.StatusMethodNotAllowed, text: r.Method + " is not allowed here", hint: "use " + strings.Join(methods, " or ")})
		})
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		e.refuse(w, r, &problem{status: http.StatusNotFound, text: "there is nothing at " + r.URL.Path, hint: seeDocument})
	})
	mux.HandleFunc("/", e.getAsset)
	return mux
}

// answer writes what an endpoint returns.
func (e *Explorer) answer(f endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value, err := f(w, r)
		if err != nil {
			e.refuse(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, value)
	})
}
