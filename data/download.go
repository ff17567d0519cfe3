package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// maxAttempts is how often one mirror is asked for one file, as long as each
// attempt brings the download further.
const maxAttempts = 5

// errLocal marks failures of this machine, which no other mirror can mend.
var errLocal = errors.New("local failure")

// download is one file on its way into the cache.
type download struct {
	entry    *Entry
	index    int // of the file
	dir      string
	client   *http.Client
	timeouts Timeouts
	progress Progress
	log      *slog.Logger
}

func (d *download) file() File   { return d.entry.Files[d.index] }
func (d *download) path() string { return filepath.Join(d.dir, d.file().Name) }

// partPath is where the file grows until it is whole and verified.
func (d *download) partPath() string { return d.path() + ".part" }

// run tries one mirror after the other, then moves the verified file to its name.
func (d *download) run(ctx context.Context) error {
	part, err := os.OpenFile(d.partPath(), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return cannotWrite(err)
	}
	defer part.Close()
	if err := d.fill(ctx, part); err != nil {
		d.removeIfEmpty(part)
		return err
	}
	if err := d.place(part); err != nil {
		return cannotWrite(err)
	}
	d.log.Info("downloaded", "file", d.path())
	return nil
}

func (d *download) removeIfEmpty(part *os.File) {
	if n, err := partSize(part); err == nil && n == 0 {
		part.Close()
		os.Remove(part.Name())
	}
}

// fill completes and verifies the part, from what is there and from the mirrors.
func (d *download) fill(ctx context.Context, part *os.File) error {
	have, err := partSize(part)
	if err != nil {
		return cannotWrite(err)
	}
	if have >= d.file().Size {
		if err := d.check(ctx); err == nil || ctx.Err() != nil {
			return err
		}
		if err := part.Truncate(0); err != nil {
			return cannotWrite(err)
		}
	}
	var reasons []string
	for _, mirror := range d.entry.Mirrors {
		from := mirror + d.file().Name
		err := d.fromMirror(ctx, from, part)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errLocal):
			return cannotWrite(err)
		}
		d.log.Warn("mirror failed", "url", from, "reason", err)
		reasons = append(reasons, fmt.Sprintf("%s: %v", from, err))
	}
	if len(reasons) == 0 {
		reasons = []string{"no mirror is known"}
	}
	return missing(fmt.Sprintf("try again later (the download continues where it stopped), or get the files by hand (%s) and give their directory with --data-dir", d.entry.Home),
		"%s of %s cannot be downloaded: %s", d.file().Name, d.entry.Name, strings.Join(reasons, "; "))
}

// fromMirror asks one mirror until the file is whole and verified, or until an
// attempt gains nothing.
func (d *download) fromMirror(ctx context.Context, from string, part *os.File) error {
	var last error
	for range maxAttempts {
		before, err := partSize(part)
		if err != nil {
			return err
		}
		last = d.attempt(ctx, from, part, before)
		if last == nil {
			last = d.check(ctx)
		}
		if last == nil || ctx.Err() != nil || errors.Is(last, errLocal) {
			return last
		}
		again, err := d.worthAnother(last, part, before)
		if err != nil {
			return err
		}
		if !again {
			return last
		}
		d.log.Info("asking the mirror again", "url", from, "reason", last)
	}
	return last
}

// worthAnother decides after a failed attempt that began with before bytes. A
// verification that failed leaves nothing worth keeping, but if those bytes came
// from an earlier download they may be to blame, and the mirror gets a fresh start.
func (d *download) worthAnother(failure error, part *os.File, before int64) (bool, error) {
	after, err := partSize(part)
	if err != nil {
		return false, err
	}
	if errors.Is(failure, errCut) || errors.Is(failure, errStalled) || errors.Is(failure, io.ErrUnexpectedEOF) {
		return after > before, nil
	}
	if errors.Is(failure, ErrDamaged) {
		return before > 0, truncatePart(part)
	}
	return false, nil
}

// check verifies the part. What is not ErrDamaged is this machine's fault.
func (d *download) check(ctx context.Context) error {
	err := checkArchive(ctx, d.partPath(), d.entry, d.index)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if !errors.Is(err, ErrDamaged) {
		return fmt.Errorf("%w: %w", errLocal, err)
	}
	return fmt.Errorf("verification failed: %w", err)
}

// Why an attempt was given up. After the last two, what came is worth keeping.
var (
	errNoHeader = errors.New("no answer in time")
	errStalled  = errors.New("no data in time")
	errCut      = errors.New("the connection broke off")
)

// attempt requests the file from byte have on and appends what comes to the part.
func (d *download) attempt(ctx context.Context, from string, part *os.File, have int64) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(d.timeouts.Header, func() {
		cancel(fmt.Errorf("%w (%v)", errNoHeader, d.timeouts.Header))
	})
	defer watch.Stop()
	resp, err := d.request(ctx, from, have)
	watch.Stop()
	if err != nil {
		return networkError(ctx, err)
	}
	defer resp.Body.Close()

	if have > 0 && !resumes(resp, have) && resp.StatusCode != http.StatusOK {
		if resp.StatusCode != http.StatusRequestedRangeNotSatisfiable && resp.StatusCode != http.StatusPartialContent {
			return statusError(resp)
		}
		// The mirror cannot go on from here; without a Range it can only answer in full.
		if err := truncatePart(part); err != nil {
			return err
		}
		resp.Body.Close()
		return d.attempt(ctx, from, part, 0)
	}
	if have == 0 && resp.StatusCode != http.StatusOK {
		return statusError(resp)
	}
	if resp.StatusCode == http.StatusOK {
		have = 0
	}
	return d.receive(ctx, cancel, resp, from, part, have)
}

func (d *download) request(ctx context.Context, from string, have int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "vaectl")
	// The files are archives: what is hashed must be what the mirror has.
	req.Header.Set("Accept-Encoding", "identity")
	if have > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", have))
	}
	return d.client.Do(req)
}

// resumes is true when the response continues exactly at byte have.
func resumes(resp *http.Response, have int64) bool {
	if resp.StatusCode != http.StatusPartialContent {
		return false
	}
	var first, last int64
	n, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-%d/", &first, &last)
	return n == 2 && err == nil && first == have
}

func statusError(resp *http.Response) error {
	return fmt.Errorf("the server answers %s", resp.Status)
}

// networkError prefers our own reason for giving up over "context canceled", and
// drops the URL, which the caller gives.
func networkError(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		return ue.Err
	}
	return err
}

// receive writes the body behind the first have bytes of the part.
func (d *download) receive(ctx context.Context, cancel context.CancelCauseFunc, resp *http.Response, from string, part *os.File, have int64) error {
	total, err := d.announced(resp, have)
	if err != nil {
		return err
	}
	if err := part.Truncate(have); err != nil {
		return fmt.Errorf("%w: %w", errLocal, err)
	}
	watch := time.AfterFunc(d.timeouts.Stall, func() {
		cancel(fmt.Errorf("%w (%v)", errStalled, d.timeouts.Stall))
	})
	defer watch.Stop()
	buf := make([]byte, 64<<10)
	d.report(from, have, total)
	for {
		n, readErr := resp.Body.Read(buf)
		if n > 0 {
			watch.Reset(d.timeouts.Stall)
			if have+int64(n) > d.file().maxSize() {
				return errors.Join(fmt.Errorf("sends more than the %d bytes of the file", d.file().Size), truncatePart(part))
			}
			if _, err := part.WriteAt(buf[:n], have); err != nil {
				return fmt.Errorf("%w: %w", errLocal, err)
			}
			have += int64(n)
			d.report(from, have, total)
		}
		if readErr == io.EOF {
			return nil
		}
		if readErr != nil {
			return d.cut(ctx, readErr, have)
		}
	}
}

// announced is the size the file will have, if the server's word can be the file's.
func (d *download) announced(resp *http.Response, have int64) (int64, error) {
	if resp.ContentLength < 0 {
		return -1, nil
	}
	total := have + resp.ContentLength
	f := d.file()
	if total > f.maxSize() || f.ContentSHA256 == "" && total != f.Size {
		return 0, fmt.Errorf("offers %d bytes, but the file has %d", total, f.Size)
	}
	return total, nil
}

// cut is the error of a body that broke off after have bytes, all of them kept.
func (d *download) cut(ctx context.Context, err error, have int64) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("stopped after %d of %d bytes: %w", have, d.file().Size, cause)
	}
	return fmt.Errorf("%w after %d of %d bytes: %w", errCut, have, d.file().Size, err)
}

func (d *download) report(from string, done, total int64) {
	if d.progress == nil {
		return
	}
	d.progress(Transfer{
		Dataset: d.entry.Name, File: d.file().Name, Index: d.index, Files: len(d.entry.Files),
		URL: from, Done: done, Total: total,
	})
}

// place syncs the part and renames it, so that under its name the file is whole or
// not there.
func (d *download) place(part *os.File) error {
	if err := part.Sync(); err != nil {
		return err
	}
	if err := part.Close(); err != nil {
		return err
	}
	if err := os.Rename(part.Name(), d.path()); err != nil {
		return err
	}
	return syncDir(d.dir)
}

// syncDir makes a rename survive a power cut, where directories can be synced.
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

func partSize(part *os.File) (int64, error) {
	info, err := part.Stat()
	if err != nil {
		return 0, fmt.Errorf("%w: %w", errLocal, err)
	}
	return info.Size(), nil
}

func truncatePart(part *os.File) error {
	if err := part.Truncate(0); err != nil {
		return fmt.Errorf("%w: %w", errLocal, err)
	}
	return nil
}
