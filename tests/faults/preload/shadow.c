/* What the disk would hold if the power failed now.
 *
 * Each file of the store that is ever opened for writing has a number of its own here (inode numbers are used again):
 *
 *   inode.<inode>     that number
 *   content.<number>  the content that the last successful sync left
 *   unsynced.<number> one bit for each sector written since
 *   names             `<number> <name>` of every file, as the last sync of the directory left them
 *   directory         exists once the store's directory is known to be on disk
 *
 * All of it is files and shared mappings, so it outlives a kill of the process just as the system's own cache does.
 * Bits are set before a write and cleared after the copy, so that a kill in between makes nothing look synced that is
 * not.
 *
 * No file of the store is opened and closed here: that would give up the locks that the process holds on it.
 */
#define _GNU_SOURCE
#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SECTOR 512
#define LARGEST_FILE ((off_t)4 << 30)
#define WORDS ((size_t)(LARGEST_FILE / SECTOR / 64))
#define MOST_FILES 64

struct shadowed {
    ino_t inode;
    uint64_t number;
    int content;
    uint64_t *unsynced;
};

static struct shadowed files[MOST_FILES];
static size_t file_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

void shadow_lock(void) {
    if (faults_shadow() != NULL)
        pthread_mutex_lock(&lock);
}

void shadow_unlock(void) {
    if (faults_shadow() != NULL)
        pthread_mutex_unlock(&lock);
}

static int open_state(int flags, const char *format, uint64_t number) {
    char name[NAME_MAX], path[LONGEST_PATH + NAME_MAX];
    snprintf(name, sizeof name, format, number);
    snprintf(path, sizeof path, "%s/%s", faults_shadow(), name);
    return real.openat(AT_FDCWD, path, flags | O_CLOEXEC, 0600);
}

static void write_state(const char *format, uint64_t number, const void *bytes, size_t length) {
    int fd = open_state(O_WRONLY | O_CREAT | O_TRUNC, format, number);
    if (fd < 0 || real.write(fd, bytes, length) != (ssize_t)length)
        give_up("the shadow cannot be written");
    close(fd);
}

static struct shadowed *attach(ino_t inode, uint64_t number) {
    struct shadowed *file = NULL;
    for (size_t i = 0; i < file_count && file == NULL; i++)
        if (files[i].inode == inode)
            file = &files[i];
    if (file != NULL) {
        munmap(file->unsynced, WORDS * 8);
        close(file->content);
    } else if (file_count < MOST_FILES) {
        file = &files[file_count++];
    } else {
        give_up("the store has more files than the shadow can follow");
    }
    int bits = open_state(O_RDWR | O_CREAT, "unsynced.%" PRIu64, number);
    file->inode = inode;
    file->number = number;
    file->content = open_state(O_RDWR | O_CREAT, "content.%" PRIu64, number);
    if (bits < 0 || file->content < 0 || real.ftruncate(bits, WORDS * 8) != 0)
        give_up("the shadow of a file cannot be opened");
    file->unsynced = mmap(NULL, WORDS * 8, PROT_READ | PROT_WRITE, MAP_SHARED, bits, 0);
    if (file->unsynced == MAP_FAILED)
        give_up("the shadow of a file cannot be mapped");
    close(bits);
    return file;
}

static struct shadowed *begin(ino_t inode) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t number = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    struct shadowed *file = attach(inode, number);
    write_state("inode.%" PRIu64, inode, &number, sizeof number);
    return file;
}

static bool number_of(ino_t inode, uint64_t *number) {
    int fd = open_state(O_RDONLY, "inode.%" PRIu64, inode);
    if (fd < 0)
        return false;
    if (read(fd, number, sizeof *number) != sizeof *number)
        give_up("the shadow of a file has no number");
    close(fd);
    return true;
}

static void mark(struct shadowed *file, off_t from, off_t length) {
    if (length <= 0)
        return;
    if (from + length > LARGEST_FILE)
        give_up("a file of the store has outgrown the shadow");
    for (off_t sector = from / SECTOR; sector <= (from + length - 1) / SECTOR; sector++)
        file->unsynced[sector / 64] |= (uint64_t)1 << (sector % 64);
}

static struct shadowed *find(int fd, struct stat *status) {
    if (fstat(fd, status) != 0)
        give_up("a file of the store has no status");
    for (size_t i = 0; i < file_count; i++)
        if (files[i].inode == status->st_ino)
            return &files[i];
    uint64_t number;
    if (number_of(status->st_ino, &number))
        return attach(status->st_ino, number);
    /* Nobody has seen it made: nothing of it counts as synced. */
    struct shadowed *file = begin(status->st_ino);
    mark(file, 0, status->st_size);
    return file;
}

static void copy_sectors(int from, struct shadowed *file, off_t first, off_t count, off_t size) {
    static char buffer[256 * SECTOR];
    off_t at = first * SECTOR, end = (first + count) * SECTOR < size ? (first + count) * SECTOR : size;
    while (at < end) {
        size_t wanted = (size_t)(end - at) < sizeof buffer ? (size_t)(end - at) : sizeof buffer;
        ssize_t found = pread(from, buffer, wanted, at);
        if (found <= 0 || real.pwrite(file->content, buffer, (size_t)found, at) != found)
            give_up("a sector cannot be copied into the shadow");
        at += found;
    }
}

/* Goes through the marked sectors in runs, clears them, and copies them first where `from` is a file. */
static void settle(struct shadowed *file, int from, off_t size) {
    off_t sector = 0, sectors = LARGEST_FILE / SECTOR;
    while (sector < sectors) {
        uint64_t word = file->unsynced[sector / 64] >> (sector % 64);
        if (word == 0) {
            sector += 64 - sector % 64;
            continue;
        }
        sector += __builtin_ctzll(word);
        off_t end = sector;
        while (end < sectors && (file->unsynced[end / 64] >> (end % 64) & 1))
            end++;
        if (from >= 0)
            copy_sectors(from, file, sector, end - sector, size);
        for (off_t done = sector; done < end; done++)
            file->unsynced[done / 64] &= ~((uint64_t)1 << (done % 64));
        sector = end;
    }
}

void shadow_created(int fd) {
    struct stat status;
    if (faults_shadow() != NULL && fstat(fd, &status) == 0)
        begin(status.st_ino);
}

void shadow_written(int fd, off_t from, off_t length) {
    struct stat status;
    if (faults_shadow() != NULL)
        mark(find(fd, &status), from, length);
}

void shadow_synced(int fd) {
    if (faults_shadow() == NULL)
        return;
    struct stat status;
    struct shadowed *file = find(fd, &status);
    int from = fd;
    if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
        /* Only small files that nothing locks are written through such a descriptor. */
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        from = real.openat(AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
    }
    settle(file, from, status.st_size);
    if (real.ftruncate(file->content, status.st_size) != 0)
        give_up("the shadow cannot take the size of its file");
    if (from != fd)
        close(from);
}

void shadow_dropped(int fd) {
    struct stat status;
    if (faults_shadow() != NULL)
        settle(find(fd, &status), -1, 0);
}

/* Calls `act` for every file of the store that a power loss can touch; each start makes the index of the log anew. */
static void for_each_file(void (*act)(FILE *, int, const char *, ino_t), FILE *out) {
    DIR *directory = opendir(faults_store());
    if (directory == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        struct stat status;
        if (is_index(entry->d_name))
            continue;
        if (fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode))
            act(out, dirfd(directory), entry->d_name, status.st_ino);
    }
    closedir(directory);
}

static void list_file(FILE *out, int directory, const char *name, ino_t inode) {
    (void)directory;
    uint64_t number;
    if (number_of(inode, &number))
        fprintf(out, "%" PRIu64 " %s\n", number, name);
}

static void take_as_synced(FILE *out, int directory, const char *name, ino_t inode) {
    (void)out;
    int fd = real.openat(directory, name, O_RDONLY | O_CLOEXEC, 0);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0)
        give_up("a file that was there before cannot be read");
    struct shadowed *file = begin(inode);
    mark(file, 0, status.st_size);
    settle(file, fd, status.st_size);
    close(fd);
}

void shadow_directory_synced(void) {
    if (faults_shadow() == NULL)
        return;
    char next[LONGEST_PATH + NAME_MAX], names[LONGEST_PATH + NAME_MAX];
    snprintf(next, sizeof next, "%s/names.next", faults_shadow());
    snprintf(names, sizeof names, "%s/names", faults_shadow());
    int fd = real.openat(AT_FDCWD, next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (out == NULL)
        give_up("the names cannot be written");
    for_each_file(list_file, out);
    if (fclose(out) != 0 || rename(next, names) != 0)
        give_up("the names cannot be written");
}

void shadow_parent_synced(void) {
    if (faults_shadow() != NULL && access(faults_store(), F_OK) == 0)
        write_state("directory", 0, "", 0);
}

/* Where there is no shadow yet, all that lies in the store is taken as synced. */
void shadow_open(void) {
    if (faults_shadow() == NULL)
        return;
    int fd = open_state(O_RDONLY, "names", 0);
    if (fd >= 0) {
        close(fd);
        return;
    }
    for_each_file(take_as_synced, NULL);
    shadow_directory_synced();
    shadow_parent_synced();
}
