/* Faults on purpose, for a program that is started with this library in LD_PRELOAD.
 *
 * FAULT_UNDER   only files under this folder are touched
 * FAULT_CALL    number of the call that fails, from 1; FAULT_ERRNO (28 ENOSPC, 5 EIO, 13 EACCES) is what it fails with. Every call
 *               after it fails too where FAULT_STAYS=1 (a full disk stays full).
 * FAULT_COUNT   a file that gets the number of calls when the program ends
 * FAULT_READ    a file whose FAULT_AT-th read (any kind) runs FAULT_DO first
 * FAULT_CLOCK   seconds by which the clocks jump back and forth
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static atomic_long calls, reads, clocks;
static const char *under, *target;
static long fail_at, fail_with, stays, read_at_call, jump;

__attribute__((constructor)) static void begin(void) {
    under = getenv("FAULT_UNDER");
    target = getenv("FAULT_READ");
    const char *text;
    fail_at = (text = getenv("FAULT_CALL")) ? atol(text) : 0;
    fail_with = (text = getenv("FAULT_ERRNO")) ? atol(text) : ENOSPC;
    stays = (text = getenv("FAULT_STAYS")) ? atol(text) : 0;
    read_at_call = (text = getenv("FAULT_AT")) ? atol(text) : 1;
    jump = (text = getenv("FAULT_CLOCK")) ? atol(text) : 0;
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAULT_COUNT");
    if (!path) return;
    FILE *file = fopen(path, "w");
    if (file) { fprintf(file, "%ld\n", atomic_load(&calls)); fclose(file); }
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = dlsym(RTLD_NEXT, #name)

/* The target of a link in /proc is "path (deleted)" for files without a name: they are under the folder as well. */
static int fd_path(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    if (n < 0) return 0;
    path[n] = 0;
    return 1;
}

static int is_under(const char *path) { return under && path && strncmp(path, under, strlen(under)) == 0; }

static int fd_under(int fd) {
    char path[PATH_MAX];
    return under && fd_path(fd, path) && is_under(path);
}

static int fails(void) {
    long n = atomic_fetch_add(&calls, 1) + 1;
    if (!fail_at || !(n == fail_at || (stays && n > fail_at))) return 0;
    errno = (int)fail_with;
    return 1;
}

ssize_t write(int fd, const void *data, size_t n) {
    REAL(write);
    if (fd_under(fd) && fails()) {
        /* A full disk may take a part first. */
        if (n > 1 && fail_with == ENOSPC && (atomic_load(&calls) & 1)) { ssize_t part = real(fd, data, n / 2); (void)part; errno = ENOSPC; }
        return -1;
    }
    return real(fd, data, n);
}
ssize_t writev(int fd, const struct iovec *v, int n) { REAL(writev); if (fd_under(fd) && fails()) return -1; return real(fd, v, n); }
ssize_t pwrite64(int fd, const void *d, size_t n, off64_t at) { REAL(pwrite64); if (fd_under(fd) && fails()) return -1; return real(fd, d, n, at); }
int ftruncate64(int fd, off64_t n) { REAL(ftruncate64); if (fd_under(fd) && fails()) return -1; return real(fd, n); }
int rename(const char *a, const char *b) { REAL(rename); if (is_under(b) && fails()) return -1; return real(a, b); }
int mkdir(const char *path, mode_t mode) { REAL(mkdir); if (is_under(path) && fails()) return -1; return real(path, mode); }
int unlink(const char *path) { REAL(unlink); if (is_under(path) && fails()) return -1; return real(path); }
int fchmod(int fd, mode_t mode) { REAL(fchmod); if (fd_under(fd) && fails()) return -1; return real(fd, mode); }
int chmod(const char *path, mode_t mode) { REAL(chmod); if (is_under(path) && fails()) return -1; return real(path, mode); }
ssize_t copy_file_range(int a, off64_t *x, int b, off64_t *y, size_t n, unsigned f) { REAL(copy_file_range); if (fd_under(b) && fails()) return -1; return real(a, x, b, y, n, f); }

static int creates(int flags) { return (flags & (O_CREAT | O_TRUNC)) || (flags & O_TMPFILE) == O_TMPFILE; }
#define OPEN(name)                                                                            \
    int name(const char *path, int flags, ...) {                                              \
        REAL(name);                                                                           \
        mode_t mode = 0;                                                                      \
        if (creates(flags)) { va_list a; va_start(a, flags); mode = va_arg(a, mode_t); va_end(a); } \
        if (creates(flags) && is_under(path) && fails()) return -1;                           \
        return real(path, flags, mode);                                                       \
    }
OPEN(open)
OPEN(open64)

static void on_read(int fd) {
    if (!target) return;
    char path[PATH_MAX];
    if (!fd_path(fd, path) || strcmp(path, target) != 0) return;
    if (atomic_fetch_add(&reads, 1) + 1 != read_at_call) return;
    const char *what = getenv("FAULT_DO");
    const char *kept = target;
    target = NULL;
    /* The shell must not have this library. */
    char *was = getenv("LD_PRELOAD");
    char copy[PATH_MAX] = "";
    if (was) strncpy(copy, was, sizeof copy - 1);
    unsetenv("LD_PRELOAD");
    if (what && system(what) != 0) fprintf(stderr, "FAULT_DO failed\n");
    if (was) setenv("LD_PRELOAD", copy, 1);
    (void)kept;
}
ssize_t read(int fd, void *d, size_t n) { REAL(read); on_read(fd); return real(fd, d, n); }
ssize_t pread64(int fd, void *d, size_t n, off64_t at) { REAL(pread64); on_read(fd); return real(fd, d, n, at); }
size_t fread(void *d, size_t size, size_t n, FILE *f) { REAL(fread); on_read(fileno(f)); return real(d, size, n, f); }

int clock_gettime(clockid_t id, struct timespec *t) {
    REAL(clock_gettime);
    int done = real(id, t);
    if (jump && done == 0) {
        long n = atomic_fetch_add(&clocks, 1);
        /* The monotonic clock never goes back, but it may have slept for long. */
        if (id == CLOCK_MONOTONIC) t->tv_sec += n > 40 ? labs(jump) : 0;
        else if (n % 3 == 1) t->tv_sec += jump;
    }
    return done;
}
time_t time(time_t *out) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    if (out) *out = t.tv_sec;
    return t.tv_sec;
}
