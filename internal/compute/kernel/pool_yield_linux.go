package kernel

import "syscall"

// yieldThread lets another thread that is ready have this processor: perhaps the one that is waited for.
func yieldThread() { syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
