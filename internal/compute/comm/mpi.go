//go:build mpi && (linux || darwin)

package comm

import (
	"errors"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/ebitengine/purego"
)

// Available reports whether this program can join ranks.
func Available() bool { return true }

// Start joins the ranks that an MPI launcher started: it loads the launcher's MPI library and initialises it. A process that no launcher
// started is a group of one. Errors of the library, and of one that is not the launcher's, are a [LibraryError].
//
// When the group is aborted, or a call of the library fails, the library ends all ranks; what it has to say it writes to stderr itself.
func Start(getenv func(string) string) (Group, error) {
	by, ranks := launched(getenv)
	// UCX, below some libraries, takes SIGSEGV from Go, and a recovered nil dereference would end the process.
	if _, set := os.LookupEnv("UCX_ERROR_SIGNALS"); !set {
		if err := os.Setenv("UCX_ERROR_SIGNALS", ""); err != nil {
			return nil, fmt.Errorf("MPI: %w", err)
		}
	}
	candidates := libraries(by.family)
	if path := getenv(LibraryVariable); path != "" {
		candidates = []string{path}
	}
	lib, path, err := open(candidates)
	if err != nil {
		return nil, err
	}
	m, err := initialise(lib)
	if err != nil {
		return nil, &LibraryError{fmt.Errorf("%s: %w", path, err)}
	}
	if err := checkWorld(by, ranks, m.size, m.name); err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return m, nil
}

// open loads the first library there is.
func open(candidates []string) (lib uintptr, path string, err error) {
	var failures []string
	for _, path := range candidates {
		// RTLD_GLOBAL: Open MPI's plugins look for symbols of libmpi and libopen-pal there.
		lib, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err == nil {
			return lib, path, nil
		}
		failures = append(failures, err.Error())
	}
	return 0, "", &LibraryError{fmt.Errorf("no MPI library could be loaded: %s", strings.Join(failures, "; "))}
}

// abi is how a family of libraries names what is handed to its functions. MPI before version 5 leaves that to them.
type abi struct {
	world, bytes uintptr // handles of MPI_COMM_WORLD and MPI_BYTE
	inPlace      uintptr
	serialized   uintptr // the level of thread support
}

// abiOf finds out which family a library is of by the symbols it has.
func abiOf(symbol func(string) uintptr) abi {
	if world := symbol("ompi_mpi_comm_world"); world != 0 {
		// Open MPI 4 and 5: handles are the addresses of the objects.
		return abi{world: world, bytes: symbol("ompi_mpi_byte"), inPlace: 1, serialized: 2}
	}
	if symbol("MPI_Abi_get_version") != 0 && standardABI(symbol) {
		// The ABI of MPI 5.0: small numbers in pointers.
		return abi{world: 0x101, bytes: 0x247, inPlace: 1, serialized: 2048}
	}
	// MPICH and what keeps its ABI (Intel MPI, MVAPICH, Cray MPI): 32-bit numbers.
	return abi{world: 0x44000000, bytes: 0x4c00010d, inPlace: ^uintptr(0), serialized: 2}
}

// standardABI reports whether the library speaks it: MPICH has the function in the library of its own ABI too, which then says -1.
func standardABI(symbol func(string) uintptr) bool {
	version := heap(&[2]int32{-1, -1})
	call(symbol("MPI_Abi_get_version"), pointer(&version[0]), pointer(&version[1]))
	return version[0] >= 1
}

// mpi is MPI_COMM_WORLD.
type mpi struct {
	abi
	rank, size int
	name       string

	ialltoallv, waiting, test, allgatherv, gatherv, broadcast, abort, finalize uintptr
	counts, places                                                             []int32 // of Gather and Collect

	mu    sync.Mutex  // of the calls of the library, which come from several threads
	under []*exchange // in the order in which they were started
}

func initialise(lib uintptr) (*mpi, error) {
	symbol := func(name string) uintptr {
		p, err := purego.Dlsym(lib, name)
		if err != nil {
			return 0
		}
		return p
	}
	m := &mpi{}
	var start, rankOf, sizeOf, version uintptr
	for name, p := range map[string]*uintptr{
		"MPI_Init_thread": &start, "MPI_Comm_rank": &rankOf, "MPI_Comm_size": &sizeOf, "MPI_Get_library_version": &version,
		"MPI_Ialltoallv": &m.ialltoallv, "MPI_Wait": &m.waiting, "MPI_Test": &m.test,
		"MPI_Allgatherv": &m.allgatherv, "MPI_Gatherv": &m.gatherv, "MPI_Bcast": &m.broadcast, "MPI_Abort": &m.abort, "MPI_Finalize": &m.finalize,
	} {
		if *p = symbol(name); *p == 0 {
			return nil, fmt.Errorf("is no MPI library: it has no %s", name)
		}
	}
	m.abi = abiOf(symbol)
	if m.world == 0 || m.bytes == 0 {
		return nil, errors.New("is an MPI library of a kind that is not known")
	}
	out := heap(&[4]int32{})
	if err := check("MPI_Init_thread", call(start, 0, 0, m.serialized, pointer(&out[0]))); err != nil {
		return nil, err
	}
	err := errors.Join(
		check("MPI_Comm_rank", call(rankOf, m.world, pointer(&out[1]))),
		check("MPI_Comm_size", call(sizeOf, m.world, pointer(&out[2]))),
	)
	if err != nil {
		return nil, err
	}
	m.rank, m.size = int(out[1]), int(out[2])
	const longest = 16384 // no standard's MPI_MAX_LIBRARY_VERSION_STRING is larger
	text := make([]byte, longest)
	if call(version, pointer(&text[0]), pointer(&out[3])) == 0 {
		m.name, _, _ = strings.Cut(strings.TrimSpace(string(text[:max(0, min(int(out[3]), longest))])), "\n")
		m.name, _, _ = strings.Cut(m.name, ",")
		m.name = strings.Join(strings.Fields(strings.ReplaceAll(m.name, "Version:", "")), " ")
	}
	m.counts, m.places = make([]int32, m.size), make([]int32, m.size)
	return m, nil
}

// heap keeps p off the goroutine's stack, which may move while only the library knows of p.
//
//go:noinline
func heap[T any](p *T) *T { return p }

func pointer[T any](p *T) uintptr { return uintptr(unsafe.Pointer(p)) }

// start is the address of the bytes; of none, of anything.
func start(p []byte) uintptr { return uintptr(unsafe.Pointer(unsafe.SliceData(p))) }

// call runs on the goroutine's thread, as a call of cgo does.
func call(function uintptr, args ...uintptr) int32 {
	r, _, _ := purego.SyscallN(function, args...)
	return int32(r)
}

func check(name string, code int32) error {
	if code != 0 {
		return fmt.Errorf("%s failed with code %d", name, code)
	}
	return nil
}

func (m *mpi) Rank() int    { return m.rank }
func (m *mpi) Size() int    { return m.size }
func (m *mpi) Name() string { return m.name }

// exchange is an MPI_Ialltoallv under way. The library keeps the addresses of everything in it.
type exchange struct {
	recv, send             []byte
	recvCounts, recvPlaces []int32
	sendCounts, sendPlaces []int32
	request, flag          [1]uint64 // an MPI_Request, which is a pointer or a number, and an int
	status                 [8]uint64 // an MPI_Status of any library
	done                   bool
	failed                 error
}

func (m *mpi) Start(recv, send []byte, bounds []int) (wait func() error, err error) {
	own := bounds[m.rank+1] - bounds[m.rank]
	evenly := make([]int, m.size+1)
	for r := range evenly {
		evenly[r] = r * own
	}
	numbers := make([]int32, 4*m.size)
	x := &exchange{
		recv: recv, send: send, recvCounts: numbers[:m.size], recvPlaces: numbers[m.size:][:m.size],
		sendCounts: numbers[2*m.size:][:m.size], sendPlaces: numbers[3*m.size:],
	}
	if err := errors.Join(place(x.sendCounts, x.sendPlaces, bounds), place(x.recvCounts, x.recvPlaces, evenly)); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	err = check("MPI_Ialltoallv", call(m.ialltoallv, start(send), pointer(&x.sendCounts[0]), pointer(&x.sendPlaces[0]), m.bytes,
		start(recv), pointer(&x.recvCounts[0]), pointer(&x.recvPlaces[0]), m.bytes, m.world, pointer(&x.request[0])))
	if err != nil {
		return nil, err
	}
	m.under = append(m.under, x)
	return func() error { return m.wait(x) }, nil
}

// wait returns once an exchange is over.
func (m *mpi) wait(x *exchange) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !x.done {
		m.ended(x, check("MPI_Wait", call(m.waiting, pointer(&x.request[0]), pointer(&x.status[0]))))
	}
	return x.failed
}

func (m *mpi) ended(x *exchange, err error) {
	x.done, x.failed = true, err
	m.under = slices.DeleteFunc(m.under, func(other *exchange) bool { return other == x })
}

func (m *mpi) Progress() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, x := range slices.Clone(m.under) {
		err := check("MPI_Test", call(m.test, pointer(&x.request[0]), pointer(&x.flag[0]), pointer(&x.status[0])))
		if *(*int32)(unsafe.Pointer(&x.flag[0])) != 0 || err != nil {
			m.ended(x, err)
		}
	}
	return len(m.under) > 0
}

func (m *mpi) Gather(whole []byte, bounds []int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := place(m.counts, m.places, bounds); err != nil {
		return err
	}
	err := check("MPI_Allgatherv", call(m.allgatherv, m.inPlace, 0, m.bytes, start(whole), pointer(&m.counts[0]), pointer(&m.places[0]), m.bytes, m.world))
	runtime.KeepAlive(whole)
	return err
}

func (m *mpi) Collect(whole []byte, bounds []int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := place(m.counts, m.places, bounds); err != nil {
		return err
	}
	send, n := m.inPlace, uintptr(0)
	if m.rank != 0 {
		send, n = start(whole[bounds[m.rank]:]), uintptr(m.counts[m.rank])
	}
	err := check("MPI_Gatherv", call(m.gatherv, send, n, m.bytes, start(whole), pointer(&m.counts[0]), pointer(&m.places[0]), m.bytes, 0, m.world))
	runtime.KeepAlive(whole)
	return err
}

func (m *mpi) Broadcast(p []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	// A count is a signed 32-bit number.
	for len(p) > 0 {
		n := min(len(p), 1<<30)
		if err := check("MPI_Bcast", call(m.broadcast, start(p), uintptr(n), m.bytes, 0, m.world)); err != nil {
			return err
		}
		runtime.KeepAlive(p)
		p = p[n:]
	}
	return nil
}

func (m *mpi) Abort(status int) { call(m.abort, m.world, uintptr(status)) }

func (m *mpi) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return check("MPI_Finalize", call(m.finalize))
}

// place writes bounds as MPI wants them.
func place(counts, places []int32, bounds []int) error {
	if last := bounds[len(bounds)-1]; last > math.MaxInt32 {
		return fmt.Errorf("MPI: %d bytes in one message: at most %d", last, math.MaxInt32)
	}
	for r := range counts {
		counts[r], places[r] = int32(bounds[r+1]-bounds[r]), int32(bounds[r])
	}
	return nil
}
