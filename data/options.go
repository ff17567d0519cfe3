package data

import (
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// EnvDir is the environment variable that names a directory with data sets.
const EnvDir = "VAECTL_DATA_DIR"

// EnvOffline is the environment variable that, when not empty, forbids downloads.
const EnvOffline = "VAECTL_OFFLINE"

// Options say which data set is wanted and how it may be had. Only Name is needed.
type Options struct {
	// Name is "auto", a catalogue name, "strokes", or a path: of a directory, an archive
	// or a file.
	Name string
	// Dir, if not empty, is the only directory in which auto and catalogue names are
	// looked for; nothing is downloaded then.
	Dir string
	// CacheDir is where downloads are kept, each set in a subdirectory of its name.
	// Empty: the directory vaectl in the user's cache directory.
	CacheDir string
	// Offline forbids downloads, as does $VAECTL_OFFLINE.
	Offline bool
	// MaxBytes is the largest number of values (one byte each) that is read into memory
	// from one IDX file of a directory. 0: DefaultMaxBytes. Catalogue sets are held to
	// their known size.
	MaxBytes int64

	// Preparation says how pictures become images of one shape.
	Preparation Preparation

	// Env reads the environment; nil: os.Getenv.
	Env func(string) string
	// Client sends the requests; nil: a client of our own with Timeouts.Connect, at
	// most five redirects, and the proxy of the environment. The redirects of a client
	// without CheckRedirect are bounded as well.
	Client *http.Client
	// Timeouts for downloads; zero fields take their defaults.
	Timeouts Timeouts
	// Progress, if not nil, is told how a download gets on.
	Progress Progress
	// Reading, if not nil, is told how the reading of pictures gets on. Its calls come
	// from one goroutine, too.
	Reading func(Reading)
	// Log, if not nil, hears where data was looked for and why a mirror was left.
	Log *slog.Logger
	// Entries replace the built-in catalogue if not nil.
	Entries []Entry

	// BuiltinTrain and BuiltinTest are the numbers of images of the built-in set.
	// 0: 60,000 and 10,000.
	BuiltinTrain, BuiltinTest int
	// Workers is the number of goroutines that draw the built-in set; 0: all cores.
	// The images do not depend on it.
	Workers int
}

// Timeouts bound the waits of a download. A zero field takes the default, which is
// shorter for auto: a machine without a network must not wait long for a set it
// can do without.
type Timeouts struct {
	// Connect bounds name resolution and connection. Default 10 s, for auto 2 s.
	Connect time.Duration
	// Header bounds the time from the request, connection included, to the first
	// response header that is not a redirect. Default 20 s, for auto 3 s.
	Header time.Duration
	// Stall bounds the time without a single byte. Default 30 s, for auto 5 s.
	Stall time.Duration
}

func (t Timeouts) orDefault(auto bool) Timeouts {
	fallback := Timeouts{Connect: 10 * time.Second, Header: 20 * time.Second, Stall: 30 * time.Second}
	if auto {
		fallback = Timeouts{Connect: 2 * time.Second, Header: 3 * time.Second, Stall: 5 * time.Second}
	}
	if t.Connect <= 0 {
		t.Connect = fallback.Connect
	}
	if t.Header <= 0 {
		t.Header = fallback.Header
	}
	if t.Stall <= 0 {
		t.Stall = fallback.Stall
	}
	return t
}

// Progress is told how a download gets on: when a file starts, whenever some of it
// arrived, and when a download starts over. All calls come from one goroutine.
type Progress func(Transfer)

// Transfer is the state of a download.
type Transfer struct {
	// Dataset and File are names; Index of Files counts the set's files from 0.
	Dataset, File string
	Index, Files  int
	// URL is where the bytes come from.
	URL string
	// Done of Total bytes of the file are here, those of an earlier, interrupted
	// download included. Total is -1 when it is unknown.
	Done, Total int64
}

func (o Options) env(key string) string {
	if o.Env == nil {
		return os.Getenv(key)
	}
	return o.Env(key)
}

func (o Options) log() *slog.Logger {
	if o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Log
}

func (o Options) offline() bool { return o.Offline || o.env(EnvOffline) != "" }

func (o Options) entries() []Entry {
	if o.Entries == nil {
		return Catalogue()
	}
	return o.Entries
}

// cacheDir is the directory that holds all downloaded sets.
func (o Options) cacheDir() (string, error) {
	if o.CacheDir != "" {
		return o.CacheDir, nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", missing("set HOME, or name a directory with --data-dir",
			"no cache directory for downloads: %w", err)
	}
	return filepath.Join(base, "vaectl"), nil
}
