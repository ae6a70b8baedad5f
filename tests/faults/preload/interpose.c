/* The functions that stand before the C library's: they fail where a trigger says so, and keep the shadow.
 *
 * Triggers, each a file in the control directory:
 *
 *   fail-log-sync       every sync of the log fails
 *   fail-log-sync-once  the next one does, and later ones succeed, as those of a real disk
 *   ignore-log-sync     a sync of the log succeeds and does nothing
 *   fail-file-sync      every sync of the database file fails
 *   full                no write to the store finds room
 *   full-extending      no write beyond the end of a file does; one that begins before it is cut short
 */
#define _GNU_SOURCE
#include "faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* Only then are the two names of each function, with and without 64, one function. */
_Static_assert(sizeof(off_t) == 8, "files have 64-bit offsets");

struct real real;

__attribute__((constructor(102))) static void find_real(void) {
    real.fsync = dlsym(RTLD_NEXT, "fsync");
    real.fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real.ftruncate = dlsym(RTLD_NEXT, "ftruncate64");
    real.fallocate = dlsym(RTLD_NEXT, "fallocate64");
    real.write = dlsym(RTLD_NEXT, "write");
    real.pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real.openat = dlsym(RTLD_NEXT, "openat64");
    if (faults_active())
        shadow_open();
}

/* --- syncs ------------------------------------------------------------------------------------------------------- */

static int sync_file(int fd, const char *name, int (*sync)(int)) {
    bool log_fails = is_log(name) && (is_set("fail-log-sync") || take("fail-log-sync-once"));
    if (log_fails || (is_file(name) && is_set("fail-file-sync"))) {
        note("sync-failed", name);
        if (is_followed(name))
            shadow_dropped(fd);
        errno = EIO;
        return -1;
    }
    if (is_log(name) && is_set("ignore-log-sync")) {
        note("sync-ignored", name);
        return 0;
    }
    int result = sync(fd);
    if (result == 0 && is_followed(name))
        shadow_synced(fd);
    return result;
}

static int sync_any(int fd, int (*sync)(int)) {
    char name[LONGEST_PATH];
    enum place place = place_of(fd, name);
    if (place == ELSEWHERE)
        return sync(fd);
    shadow_lock();
    int result = place == STORE_FILE ? sync_file(fd, name, sync) : sync(fd);
    if (result == 0 && place == STORE_DIRECTORY)
        shadow_directory_synced();
    if (result == 0 && place == PARENT_DIRECTORY)
        shadow_parent_synced();
    shadow_unlock();
    return result;
}

int fsync(int fd) { return sync_any(fd, real.fsync); }

int fdatasync(int fd) { return sync_any(fd, real.fdatasync); }

/* --- writes ------------------------------------------------------------------------------------------------------ */

/* How much of a write finds room. The index of the log keeps the room that it has; each start makes it anew there. */
static size_t room(int fd, const char *name, off_t at, size_t length) {
    if (is_index(name))
        return length;
    if (is_set("full")) {
        note("no-room", name);
        return 0;
    }
    struct stat status;
    if (is_set("full-extending") && fstat(fd, &status) == 0 && at + (off_t)length > status.st_size) {
        note("no-room", name);
        return at < status.st_size ? (size_t)(status.st_size - at) : 0;
    }
    return length;
}

/* `at` is negative for a write at the descriptor's own position. */
static ssize_t write_any(int fd, const void *bytes, size_t length, off_t at) {
    char name[LONGEST_PATH];
    if (length == 0 || place_of(fd, name) != STORE_FILE)
        return at < 0 ? real.write(fd, bytes, length) : real.pwrite(fd, bytes, length, at);
    shadow_lock();
    off_t from = at;
    if (at < 0)
        from = lseek(fd, 0, fcntl(fd, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR);
    length = room(fd, name, from, length);
    ssize_t written = -1;
    if (length > 0) {
        if (is_followed(name))
            shadow_written(fd, from, (off_t)length);
        written = at < 0 ? real.write(fd, bytes, length) : real.pwrite(fd, bytes, length, at);
    } else {
        errno = ENOSPC;
    }
    shadow_unlock();
    return written;
}

ssize_t write(int fd, const void *bytes, size_t length) { return write_any(fd, bytes, length, -1); }

ssize_t pwrite64(int fd, const void *bytes, size_t length, off_t at) { return write_any(fd, bytes, length, at); }

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return write_any(fd, bytes, length, at); }

/* --- sizes ------------------------------------------------------------------------------------------------------- */

int ftruncate64(int fd, off_t size) {
    char name[LONGEST_PATH];
    struct stat status;
    if (place_of(fd, name) != STORE_FILE || !is_followed(name) || fstat(fd, &status) != 0)
        return real.ftruncate(fd, size);
    shadow_lock();
    off_t first = size < status.st_size ? size : status.st_size;
    shadow_written(fd, first, (size < status.st_size ? status.st_size : size) - first);
    int result = real.ftruncate(fd, size);
    shadow_unlock();
    return result;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int fallocate64(int fd, int mode, off_t at, off_t length) {
    char name[LONGEST_PATH];
    if (place_of(fd, name) != STORE_FILE)
        return real.fallocate(fd, mode, at, length);
    shadow_lock();
    int result = -1;
    if (room(fd, name, at, (size_t)length) == (size_t)length) {
        if (is_followed(name))
            shadow_written(fd, at, length);
        result = real.fallocate(fd, mode, at, length);
    } else {
        errno = ENOSPC;
    }
    shadow_unlock();
    return result;
}

int fallocate(int fd, int mode, off_t at, off_t length) { return fallocate64(fd, mode, at, length); }

int posix_fallocate64(int fd, off_t at, off_t length) {
    int before = errno, result = fallocate64(fd, 0, at, length) == 0 ? 0 : errno;
    errno = before;
    return result;
}

int posix_fallocate(int fd, off_t at, off_t length) { return posix_fallocate64(fd, at, length); }

/* --- new files --------------------------------------------------------------------------------------------------- */

static int open_any(int directory, const char *path, int flags, mode_t mode) {
    if (!faults_active() || !(flags & (O_CREAT | O_TRUNC)))
        return real.openat(directory, path, flags, mode);
    struct stat before;
    bool existed = fstatat(directory, path, &before, 0) == 0;
    shadow_lock();
    int fd = real.openat(directory, path, flags, mode);
    char name[LONGEST_PATH];
    if (fd >= 0 && place_of(fd, name) == STORE_FILE && is_followed(name)) {
        if (!existed)
            shadow_created(fd);
        else if (flags & O_TRUNC)
            shadow_written(fd, 0, before.st_size);
    }
    shadow_unlock();
    return fd;
}

static mode_t mode_of(int flags, va_list arguments) {
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(arguments, mode_t) : 0;
}

int open64(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_any(AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_any(AT_FDCWD, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_any(directory, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    return open_any(directory, path, flags, mode);
}
