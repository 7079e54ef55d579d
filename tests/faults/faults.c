/* Faults on purpose, for a program that is started with this library in LD_PRELOAD.
 *
 * System calls are trapped by the kernel (seccomp), so that those of libraries that go round libc (rustix, stdio's own writes) are
 * seen as well. Clocks are read without a system call and are interposed by name.
 *
 * FAULT_UNDER   calls that change something under this folder are counted
 * FAULT_CALL    number of the call that fails, from 1, with FAULT_ERRNO (28 ENOSPC, 5 EIO, 13 EACCES, 30 EROFS)
 * FAULT_STAYS   1: every call after it that needs room or rights fails too (a full disk stays full)
 * FAULT_SHORT   1: a write takes half of its bytes first, as a disk does that fills up
 * FAULT_CLOSE   1: only the closing of files that were written is counted; one that fails has lost half of its bytes, as on NFS
 * FAULT_LOG     a file that gets a line for each counted call: number, name, path; for reads "read" and their number
 * FAULT_READ    a file whose FAULT_AT-th read (any kind) runs FAULT_DO first, or fails with FAULT_READ_ERRNO, FAULT_TIMES times
 * FAULT_CLOCK   seconds by which the clocks jump at random calls (FAULT_SEED)
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the registers of system calls are those of x86_64 here"
#endif

/* The one place whose system calls are not trapped. */
long faults_call(long number, long a, long b, long c, long d, long e, long f);
extern const char faults_after[];
__asm__(".text\n.globl faults_call\n.hidden faults_call\n.hidden faults_after\n.globl faults_after\n"
        "faults_call:\n mov %rdi,%rax\n mov %rsi,%rdi\n mov %rdx,%rsi\n mov %rcx,%rdx\n mov %r8,%r10\n mov %r9,%r8\n"
        " mov 8(%rsp),%r9\n syscall\nfaults_after:\n ret\n");
#define CALL(n, a, b, c, d) faults_call(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

static atomic_long calls, reads, clocks, offset_real, offset_monotonic;
static const char *under, *target;
static long fail_at, fail_with, stays, is_short, closes, read_at, read_errno, read_times, jump, seed;
static int log_fd = -1, to_helper = -1, from_helper = -1;

/* Where in a system call the path is: an open file, a path, a path after a folder. */
enum where { FD, PATH, AT, PATH2, AT2, OPEN, OPENAT };
enum need { ROOM, RIGHTS, TAKES_AWAY };
static const struct { short number; char where, need; const char *name; } changes[] = {
    {SYS_write, FD, ROOM, "write"}, {SYS_pwrite64, FD, ROOM, "pwrite"}, {SYS_writev, FD, ROOM, "writev"},
    {SYS_pwritev, FD, ROOM, "pwritev"}, {SYS_pwritev2, FD, ROOM, "pwritev2"}, {SYS_ftruncate, FD, ROOM, "ftruncate"},
    {SYS_truncate, PATH, ROOM, "truncate"}, {SYS_fallocate, FD, ROOM, "fallocate"}, {SYS_fsync, FD, ROOM, "fsync"},
    {SYS_fdatasync, FD, ROOM, "fdatasync"}, {SYS_rename, PATH2, RIGHTS, "rename"}, {SYS_renameat, AT2, RIGHTS, "rename"},
    {SYS_renameat2, AT2, RIGHTS, "rename"}, {SYS_link, PATH2, RIGHTS, "link"}, {SYS_linkat, AT2, RIGHTS, "link"},
    {SYS_mkdir, PATH, ROOM, "mkdir"}, {SYS_mkdirat, AT, ROOM, "mkdir"}, {SYS_rmdir, PATH, TAKES_AWAY, "rmdir"},
    {SYS_unlink, PATH, TAKES_AWAY, "unlink"}, {SYS_unlinkat, AT, TAKES_AWAY, "unlink"}, {SYS_chmod, PATH, RIGHTS, "chmod"},
    {SYS_fchmod, FD, RIGHTS, "chmod"}, {SYS_fchmodat, AT, RIGHTS, "chmod"}, {SYS_open, OPEN, ROOM, "create"},
    {SYS_openat, OPENAT, ROOM, "create"}, {SYS_creat, PATH, ROOM, "create"}, {SYS_flock, FD, RIGHTS, "flock"},
    {SYS_copy_file_range, FD, ROOM, "copy_file_range"}, {SYS_sendfile, FD, ROOM, "sendfile"}, {SYS_utimensat, AT, RIGHTS, "utimensat"},
};
#define CHANGES ((int)(sizeof changes / sizeof *changes))
static const short looks[] = {SYS_read, SYS_pread64, SYS_readv, SYS_preadv, SYS_preadv2};
#define LOOKS ((int)(sizeof looks / sizeof *looks))

static long number_of(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text ? atol(text) : otherwise;
}

/* Where a link in /proc leads; files without a name have "path (deleted)". */
static int link_of(const char *what, int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, fd < 0 ? "/proc/self/%s" : "/proc/self/%s/%d", what, fd);
    long n = CALL(SYS_readlink, link, path, PATH_MAX - 1, 0);
    path[n < 0 ? 0 : n] = 0;
    return n >= 0;
}

static void full_path(int folder, const char *name, char *path) {
    if (name[0] == '/') { snprintf(path, PATH_MAX, "%s", name); return; }
    link_of(folder == AT_FDCWD ? "cwd" : "fd", folder == AT_FDCWD ? -1 : folder, path);
    size_t n = strlen(path);
    snprintf(path + n, PATH_MAX - n, "/%s", name);
}

static int is_under(const char *path) {
    size_t n = under ? strlen(under) : 0;
    return n && strncmp(path, under, n) == 0 && (path[n] == 0 || path[n] == '/');
}

static void tell(const char *name, long number, const char *path) {
    char line[PATH_MAX + 64];
    int n = snprintf(line, sizeof line, "%ld %s %s\n", number, name, path);
    if (log_fd >= 0) CALL(SYS_write, log_fd, line, n, 0);
}

static int path_of(int where, const long *a, char *path) {
    switch (where) {
    case FD: return link_of("fd", (int)a[0], path);
    case PATH: full_path(AT_FDCWD, (const char *)a[0], path); return 1;
    case AT: if (!a[1]) return link_of("fd", (int)a[0], path); full_path((int)a[0], (const char *)a[1], path); return 1;
    case PATH2: full_path(AT_FDCWD, (const char *)a[1], path); return 1;
    case AT2: full_path((int)a[2], (const char *)a[3], path); return 1;
    case OPEN: full_path(AT_FDCWD, (const char *)a[0], path); return 1;
    default: full_path((int)a[0], (const char *)a[1], path); return 1;
    }
}

static int creates(long flags) { return (flags & (O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE; }

/* A call that changes something: 0 to let it through, or what it gives. */
static int change(int which, const long *a, long *gives) {
    char path[PATH_MAX];
    int where = changes[which].where;
    if ((where == OPEN && !creates(a[1])) || (where == OPENAT && !creates(a[2]))) return 0;
    long file[6] = {changes[which].number == SYS_copy_file_range ? a[2] : a[0], a[1], a[2], a[3], a[4], a[5]};
    if (!path_of(where, file, path) || !is_under(path)) return 0;
    long n = atomic_fetch_add(&calls, 1) + 1;
    tell(changes[which].name, n, path);
    if (!fail_at || n < fail_at || (n > fail_at && !(stays && changes[which].need != TAKES_AWAY))) return 0;
    /* What a full disk still does: shrink, change rights, give a file another name. */
    if (n > fail_at && fail_with == ENOSPC && (changes[which].need == RIGHTS || changes[which].number == SYS_ftruncate)) return 0;
    *gives = -fail_with;
    if (is_short && n == fail_at && changes[which].number == SYS_write && a[2] > 1) *gives = CALL(SYS_write, a[0], a[1], a[2] / 2, 0);
    return 1;
}

/* What was written late may turn out not to be there when the file is closed. */
static int closing(const long *a, long *gives) {
    char path[PATH_MAX];
    long flags = CALL(SYS_fcntl, a[0], F_GETFL, 0, 0);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY || !link_of("fd", (int)a[0], path) || !is_under(path)) return 0;
    long n = atomic_fetch_add(&calls, 1) + 1;
    tell("close", n, path);
    if (n != fail_at) return 0;
    long size = CALL(SYS_lseek, a[0], 0, SEEK_END, 0);
    CALL(SYS_ftruncate, a[0], size / 2, 0, 0);
    CALL(SYS_close, a[0], 0, 0, 0);
    *gives = -fail_with;
    return 1;
}

static int look(const long *a, long *gives) {
    char path[PATH_MAX];
    if (!link_of("fd", (int)a[0], path) || strcmp(path, target) != 0) return 0;
    long n = atomic_fetch_add(&reads, 1) + 1;
    tell("read", n, path);
    if (read_errno && n >= read_at && n < read_at + read_times) { *gives = -read_errno; return 1; }
    if (n == read_at && to_helper >= 0) {
        char byte = 1;
        CALL(SYS_write, to_helper, &byte, 1, 0);
        CALL(SYS_read, from_helper, &byte, 1, 0);
    }
    return 0;
}

static void trapped(int signal, siginfo_t *info, void *context) {
    (void)signal;
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    long a[6] = {r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]}, gives = 0;
    int number = info->si_syscall, done = 0;
    if (number == SYS_close) done = closing(a, &gives);
    for (int i = 0; !closes && i < CHANGES; i++)
        if (changes[i].number == number) done = change(i, a, &gives);
    for (int i = 0; target && i < LOOKS; i++)
        if (looks[i] == number) done = look(a, &gives);
    r[REG_RAX] = done ? gives : faults_call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void give_up(const char *why) {
    fprintf(stderr, "faults.c: %s: %s\n", why, strerror(errno));
    _exit(99);
}

static void trap(void) {
    struct sock_filter code[CHANGES + LOOKS + 16];
    short numbers[CHANGES + LOOKS + 1];
    int n = 0, size = 0;
    if (under && closes) numbers[n++] = SYS_close;
    for (int i = 0; under && !closes && i < CHANGES; i++) numbers[n++] = changes[i].number;
    for (int i = 0; target && i < LOOKS; i++) numbers[n++] = looks[i];
    if (!n) return;
    unsigned long after = (unsigned long)faults_after;
    code[size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (int i = 0; i < n; i++) /* to the look at the instruction's place */
        code[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, numbers[i], n - i, 0);
    code[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer));
    code[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)after, 0, 3);
    code[size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4);
    code[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(after >> 32), 0, 1);
    code[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    struct sock_fprog program = {size, code};
    struct sigaction action = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESTART};
    if (sigaction(SIGSYS, &action, NULL)) give_up("sigaction");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) give_up("no new privileges");
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) give_up("seccomp");
}

/* Commands are run by a process that was there before the trap, which children would inherit. */
static void start_helper(const char *command) {
    int there[2], back[2];
    if (pipe2(there, O_CLOEXEC) || pipe2(back, O_CLOEXEC)) give_up("pipe");
    pid_t child = fork();
    if (child < 0) give_up("fork");
    if (child == 0) {
        char byte;
        close(there[1]);
        close(back[0]);
        while (read(there[0], &byte, 1) == 1) {
            if (system(command) != 0) fprintf(stderr, "faults.c: FAULT_DO failed\n");
            if (write(back[1], &byte, 1) != 1) break;
        }
        _exit(0);
    }
    close(there[0]);
    close(back[1]);
    to_helper = there[1];
    from_helper = back[0];
}

__attribute__((constructor)) static void begin(void) {
    under = getenv("FAULT_UNDER");
    target = getenv("FAULT_READ");
    fail_at = number_of("FAULT_CALL", 0);
    fail_with = number_of("FAULT_ERRNO", ENOSPC);
    stays = number_of("FAULT_STAYS", 0);
    is_short = number_of("FAULT_SHORT", 0);
    closes = number_of("FAULT_CLOSE", 0);
    read_at = number_of("FAULT_AT", 1);
    read_errno = number_of("FAULT_READ_ERRNO", 0);
    read_times = number_of("FAULT_TIMES", LONG_MAX / 2);
    jump = number_of("FAULT_CLOCK", 0);
    seed = number_of("FAULT_SEED", 1);
    const char *log = getenv("FAULT_LOG"), *command = getenv("FAULT_DO");
    if (log && (log_fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644)) < 0) give_up(log);
    unsetenv("LD_PRELOAD");
    if (command) start_helper(command);
    trap();
}

/* Splitmix64 of the number of the call: the same jumps for the same seed on one thread. */
static unsigned long draw(long call) {
    unsigned long x = (unsigned long)seed * 0x9e3779b97f4a7c15UL + (unsigned long)call * 0xbf58476d1ce4e5b9UL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9UL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebUL;
    return x ^ (x >> 31);
}

static long shifted(clockid_t id) {
    if (!jump) return 0;
    unsigned long dice = draw(atomic_fetch_add(&clocks, 1));
    if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE) {
        if (dice % 4 == 0) atomic_store(&offset_real, ((long)(dice >> 8 & 3) - 1) * jump);
        return atomic_load(&offset_real);
    }
    /* It never goes back, but the machine may have slept for long. */
    if (id != CLOCK_MONOTONIC && id != CLOCK_BOOTTIME) return 0;
    if (dice % 16 == 0 && atomic_load(&offset_monotonic) < 100 * labs(jump)) atomic_fetch_add(&offset_monotonic, labs(jump));
    return atomic_load(&offset_monotonic);
}

int clock_gettime(clockid_t id, struct timespec *t) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int done = real(id, t);
    if (done == 0) t->tv_sec += shifted(id);
    return done;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone) {
    (void)zone;
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    *t = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

time_t time(time_t *out) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (out) *out = t.tv_sec;
    return t.tv_sec;
}
