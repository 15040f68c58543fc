"""What a worker may no longer do once it is locked down: on Linux nearly nothing but compute.

A worker decodes bytes that strangers wrote, so a fault in a decoder may hand the process over to them. What it needs is
its line to the program, the file that comes over it, and the files of Python itself to import from. The kernel takes
away the rest, for good and for all threads:

- Landlock (`landlockpy`, Linux 5.13 and later): no file can be opened but for reading, below the folders of Python and
  of the system's libraries; no TCP, no abstract sockets, no signals to other processes, as far as the kernel has them.
- seccomp (`seccompy`, x86-64 and ARM64): no sockets at all, no new programs or processes, no tracing and no reading of
  the memory of others, no signals to others, no changes of modes, owners and mounts, none of the kernel's large
  interfaces (BPF, io_uring, keys, performance counters). Such calls fail with EPERM, so that libraries go on without.

Both are maintained libraries without dependencies. Where a kernel or a system lacks them, a worker runs with the limits
that it has everywhere (memory, time, no core files, an environment of its own), and `protection` says so.
"""

from __future__ import annotations

import errno
import os
import platform
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workbench.core.messages import Message

DENIED = (
    # connections
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4",
    # programs and processes
    "execve", "execveat", "fork", "vfork", "unshare", "setns", "personality",
    # other processes
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_open", "pidfd_getfd",
    "pidfd_send_signal", "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "move_pages", "migrate_pages",
    # files, where Landlock has no say
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "setxattr", "lsetxattr",
    "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "utime", "utimes", "utimensat", "futimesat", "mknod",
    "mknodat", "open_by_handle_at", "name_to_handle_at", "fanotify_init",
    # the system
    "mount", "umount2", "pivot_root", "chroot", "fsopen", "fsmount", "fsconfig", "fspick", "move_mount", "open_tree",
    "mount_setattr", "swapon", "swapoff", "reboot", "kexec_load", "kexec_file_load", "init_module", "finit_module",
    "delete_module", "acct", "quotactl", "quotactl_fd", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
    "sethostname", "setdomainname", "iopl", "ioperm", "syslog", "vhangup", "setuid", "setgid", "setreuid", "setregid",
    "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid", "capset", "setsid", "setpgid",
    # large interfaces of the kernel
    "bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl",
    "add_key", "request_key", "lookup_dcookie", "uselib", "shmget", "shmat", "shmctl", "semget", "semop", "semctl",
    "msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink", "landlock_create_ruleset",
)  # fmt: skip
"""Calls that fail with EPERM. Those that an architecture does not have are left out."""

_CLONE_THREAD = 0x00010000
_TIOCSTI = 0x5412
_X32 = 0x40000000
"""The bit of the calls of x32, an interface beside the ordinary one of x86-64 (Linux, asm/unistd.h)."""


@dataclass(frozen=True)
class Protection:
    """What confines workers on this system. `landlock` is the version of its interface, 0 where there is none."""

    system: str
    landlock: int
    seccomp: bool

    @property
    def code(self) -> str:
        """The code of the message that says it."""
        if self.landlock and self.seccomp:
            return "workers-confined"
        if self.landlock or self.seccomp:
            return "workers-confined-in-part"
        return "workers-limited"

    def message(self) -> Message:
        """It in a sentence."""
        seccomp = "yes" if self.seccomp else "no"
        return Message(self.code, {"system": self.system, "landlock": self.landlock, "seccomp": seccomp})


@cache
def protection() -> Protection:
    """What this system offers. Changes nothing. Any process."""
    if sys.platform != "linux":
        return Protection(platform.system() or sys.platform, 0, seccomp=False)
    return Protection("Linux", _landlock_version(), _has_seccomp())


def lock_down() -> Protection:
    """Give up, for all threads and for good, what a worker does not need. Called once, before any foreign bytes.

    Raises nothing: what the system lacks is left out, and the answer says what holds.
    """
    offered = protection()
    if sys.platform != "linux":
        return offered
    landlock = offered.landlock if offered.landlock and _restrict_files() else 0
    seccomp = offered.seccomp and _restrict_calls()
    return Protection(offered.system, landlock, seccomp)


def _landlock_version() -> int:
    try:
        import landlockpy

        return landlockpy.abi_version() if landlockpy.supported() else 0
    except (ImportError, OSError):
        return 0


def _has_seccomp() -> bool:
    try:
        import seccompy

        return bool(seccompy.supported())
    except (ImportError, OSError):
        return False


def _restrict_files() -> bool:
    import landlockpy
    from landlockpy import AccessFS, Ruleset

    try:
        with Ruleset() as ruleset:
            for place in _readable():
                in_folders = AccessFS.READ_DIR if os.path.isdir(place) else AccessFS.NONE  # noqa: PTH112
                ruleset.allow_path(place, AccessFS.READ_FILE | in_folders)
            if os.path.exists("/proc/self/autogroup"):  # noqa: PTH110
                ruleset.allow_path("/proc/self/autogroup", AccessFS.READ_FILE | AccessFS.WRITE_FILE)  # its own niceness
            ruleset.restrict()
    except (OSError, landlockpy.LandlockError):
        return False
    return True


def _readable() -> list[str]:
    """What Python imports from, the system's libraries and time zones, and its own numbers. Nothing of a user's."""
    own = Path(__file__).resolve().parents[1]
    wanted = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    wanted += [str(own), str(own.parent / "resources"), f"{sys.prefix}/lib", f"{sys.base_prefix}/lib"]
    wanted += ["/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/usr/share/zoneinfo", "/etc/ld.so.cache"]
    wanted += ["/proc/self/statm", "/proc/self/status", "/dev/null", "/dev/urandom", getattr(sys, "_MEIPASS", "")]
    return [place for place in dict.fromkeys(wanted) if place and os.path.exists(place)]  # noqa: PTH110


def _restrict_calls() -> bool:
    from seccompy import ArgCmp, CmpOp, Filter, FilterFlag, syscalls

    try:
        rules = Filter(flags=FilterFlag.TSYNC)
        has_x32 = platform.machine() == "x86_64"
        for name in DENIED:
            try:
                number = syscalls.syscall_nr(name)
            except (KeyError, ValueError):
                continue
            rules.errno(number, errno.EPERM)
            if has_x32:
                rules.errno(number | _X32, errno.EPERM)
        # Threads are made by clone with this flag; clone3 hides its flags, so the C library is told to do without.
        rules.errno("clone", errno.EPERM, args=[ArgCmp(0, CmpOp.MASKED_EQ, 0, mask=_CLONE_THREAD)])
        rules.errno("clone3", errno.ENOSYS)
        rules.errno("tgkill", errno.EPERM, args=[ArgCmp(0, CmpOp.NE, os.getpid())])
        rules.errno("prlimit64", errno.EPERM, args=[ArgCmp(0, CmpOp.NE, 0)])
        rules.errno("ioctl", errno.EPERM, args=[ArgCmp(1, CmpOp.EQ, _TIOCSTI)])
        rules.load()
    except (OSError, ValueError):
        return False
    return True
