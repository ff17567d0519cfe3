package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"vaectl/configs"
	"vaectl/data"
	"vaectl/internal/show/explorer"
	"vaectl/train/rundir"
)

// defaultAddr is where the explorer is served unless --addr says otherwise.
const defaultAddr = "127.0.0.1:8080"

// serveOptions are the flags of serve.
type serveOptions struct {
	settings settings
	model    modelOptions
	addr     string
	threads  int
	json     bool
}

func (o *serveOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.addr, "addr", defaultAddr, "the `address` to serve at; port 0 picks a free one, and one without a host is on this machine only")
	o.model.addFlags(flags)
	acceptOut(flags)
	addThreads(flags, &o.threads)
	flags.BoolVar(&o.json, "json", false, "write where the explorer is served as JSON, and errors too")
	o.settings.addFields(cmd, func(key string) bool { return key == "data.dataset" || key == "data.dir" }, "the run's")
}

func newServe(env environment) *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve [RUN]",
		Short: "Explore runs in a browser",
		Long: "Serve a page that shows runs: sliders for the latents, the map of the test images, a pad to draw on,\n" +
			"samples, the prior plot and live training curves. Ctrl-C ends it.\n" +
			"RUN is the run shown first, by name or path, or nothing for the newest; a path serves the folder it lies in.",
		Example: "  vaectl serve\n" +
			"  vaectl serve deep\n" +
			"  vaectl serve --addr 127.0.0.1:0",
		GroupID: groupModels,
	}
	return withRunArgument(cmd, env, &o)
}

// serveResult is what serve --json writes.
type serveResult struct {
	URL  string `json:"url"`
	Runs string `json:"runs"`
	Run  string `json:"run,omitempty"`
}

func (o *serveOptions) run(ctx context.Context, env environment, ref string) error {
	root, name := o.model.root, ""
	if ref != "" {
		found, err := rundir.Find(root, ref)
		if err != nil {
			return err
		}
		dir, err := filepath.Abs(found.Dir())
		if err != nil {
			return fmt.Errorf("run %s: %w", ref, err)
		}
		root, name = filepath.Dir(dir), filepath.Base(dir)
	}
	engine, err := newEngine(env, o.threads)
	if err != nil {
		return err
	}
	defer engine.Close()
	e, err := explorer.New(explorer.Options{
		Runs: root, Run: name, Checkpoint: o.model.checkpoint, Engine: engine, Addr: o.addr,
		Data: func(ctx context.Context, r rundir.Record, c configs.Data) (*data.Set, error) {
			return o.data(ctx, env, r, c)
		},
		Version: programVersion(), Log: newLog(env, slog.LevelWarn),
	})
	if err != nil {
		return usagef("%w", err)
	}
	defer e.Close()
	listener, err := explorer.Listen(o.addr)
	if errors.Is(err, explorer.ErrAddress) {
		return &usageError{err: fmt.Errorf("--addr: %w", err), hint: hintOf(err)}
	}
	if err != nil {
		return err
	}
	if err := o.announce(env, listener, serveResult{Runs: root, Run: name}); err != nil {
		return errors.Join(err, listener.Close())
	}
	return e.Serve(ctx, listener)
}

// data loads the images a run is shown with: the run's own, unless flags say
// otherwise. Looking at a run downloads nothing.
func (o *serveOptions) data(ctx context.Context, env environment, r rundir.Record, original configs.Data) (*data.Set, error) {
	c := configs.Default()
	if o.settings.flags.Changed("dataset") {
		c.Data = original
		c.Data.Dir = "" // the run's directory is that of another set
	} else {
		c.Data = dataOfRun(original, r.Dataset)
	}
	if err := o.settings.apply(&c); err != nil {
		return nil, err
	}
	return loadOffline(ctx, env, c.Data)
}

// loadOffline loads a data set that is on this machine.
func loadOffline(ctx context.Context, env environment, c configs.Data) (*data.Set, error) {
	options, err := dataOptions(env, c, slog.LevelWarn)
	if err != nil {
		return nil, err
	}
	options.Offline = true
	return data.Load(ctx, options)
}

// announce says where the explorer is to be found.
func (o *serveOptions) announce(env environment, listener net.Listener, s serveResult) error {
	host, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		return fmt.Errorf("address %s: %w", listener.Addr(), err)
	}
	if asked, _, err := net.SplitHostPort(o.addr); err == nil && asked != "" {
		host = asked
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		warn(env, "the explorer answers to everybody who reaches this machine's port "+port)
		host = "127.0.0.1"
	} else if ip != nil && !ip.IsLoopback() {
		warn(env, fmt.Sprintf("the explorer answers to everybody who reaches %s", net.JoinHostPort(host, port)))
	}
	s.URL = "http://" + net.JoinHostPort(host, port)
	if o.json {
		return writeJSON(env.stdout, s)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "explorer of %s at %s\n", s.Runs, s.URL)
	if env.isTerminal(env.stdout) {
		text.WriteString("Ctrl-C ends it\n")
	}
	_, err = env.stdout.Write([]byte(text.String()))
	return err
}
