/* Which files are watched, which triggers are set, and a list of what was done to the process. */
#define _GNU_SOURCE
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char store[LONGEST_PATH];
static char parent[LONGEST_PATH];
static char control[LONGEST_PATH];
static char shadow[LONGEST_PATH];

static void copy_setting(const char *variable, char target[LONGEST_PATH]) {
    const char *value = getenv(variable);
    if (value == NULL)
        return;
    if (strlen(value) >= LONGEST_PATH)
        give_up("a path in the environment is too long");
    strcpy(target, value);
}

__attribute__((constructor(101))) static void read_settings(void) {
    copy_setting("FAULTS_STORE", store);
    copy_setting("FAULTS_CONTROL", control);
    copy_setting("FAULTS_SHADOW", shadow);
    strcpy(parent, store);
    char *last = strrchr(parent, '/');
    if (last != NULL)
        *last = '\0';
}

bool faults_active(void) { return store[0] != '\0' && control[0] != '\0'; }

const char *faults_store(void) { return store; }

const char *faults_shadow(void) { return shadow[0] != '\0' ? shadow : NULL; }

static bool ends_with(const char *text, const char *end) {
    size_t length = strlen(text), wanted = strlen(end);
    return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

bool is_log(const char *name) { return ends_with(name, "-wal"); }

bool is_file(const char *name) { return ends_with(name, ".db"); }

bool is_index(const char *name) { return ends_with(name, "-shm"); }

bool is_followed(const char *name) { return strchr(name, '/') == NULL; }

enum place place_of(int fd, char name[LONGEST_PATH]) {
    struct stat status;
    if (!faults_active() || fstat(fd, &status) != 0 || !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)))
        return ELSEWHERE;
    char link[64], path[LONGEST_PATH];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return ELSEWHERE;
    path[length] = '\0';
    if (S_ISDIR(status.st_mode)) {
        if (strcmp(path, store) == 0)
            return STORE_DIRECTORY;
        return strcmp(path, parent) == 0 ? PARENT_DIRECTORY : ELSEWHERE;
    }
    size_t prefix = strlen(store);
    if (status.st_nlink == 0 || strncmp(path, store, prefix) != 0 || path[prefix] != '/')
        return ELSEWHERE;
    strcpy(name, path + prefix + 1);
    return STORE_FILE;
}

static void trigger_path(const char *trigger, char path[LONGEST_PATH + NAME_MAX]) {
    snprintf(path, LONGEST_PATH + NAME_MAX, "%s/%s", control, trigger);
}

bool is_set(const char *trigger) {
    char path[LONGEST_PATH + NAME_MAX];
    trigger_path(trigger, path);
    int before = errno;
    bool found = access(path, F_OK) == 0;
    errno = before;
    return found;
}

bool take(const char *trigger) {
    char path[LONGEST_PATH + NAME_MAX];
    trigger_path(trigger, path);
    int before = errno;
    bool found = unlink(path) == 0;
    errno = before;
    return found;
}

void note(const char *what, const char *name) {
    char path[LONGEST_PATH + NAME_MAX], line[LONGEST_PATH + 64];
    trigger_path("events", path);
    int before = errno;
    int fd = real.openat(AT_FDCWD, path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    int length = snprintf(line, sizeof line, "%s %s\n", what, name);
    if (fd < 0 || real.write(fd, line, (size_t)length) != length)
        give_up("the list of events cannot be written");
    close(fd);
    errno = before;
}

_Noreturn void give_up(const char *why) {
    dprintf(STDERR_FILENO, "faults: %s (%s)\n", why, strerror(errno));
    _exit(99);
}
