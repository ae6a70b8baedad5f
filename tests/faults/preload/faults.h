/* A disk that can fail: what the parts of the preload library share.
 *
 * FAULTS_STORE    the directory whose files are watched (absolute, without symbolic links)
 * FAULTS_CONTROL  the directory in which the harness makes and removes trigger files
 * FAULTS_SHADOW   where the shadow is kept: what the disk would hold after a power loss (optional)
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* The C library's own functions, found at load. */
struct real {
    int (*fsync)(int);
    int (*fdatasync)(int);
    int (*ftruncate)(int, off_t);
    int (*fallocate)(int, int, off_t, off_t);
    ssize_t (*write)(int, const void *, size_t);
    ssize_t (*pwrite)(int, const void *, size_t, off_t);
    int (*openat)(int, const char *, int, mode_t);
};
extern struct real real;

enum place {
    ELSEWHERE,
    STORE_FILE,       /* a regular file of the store */
    STORE_DIRECTORY,  /* the store's directory itself */
    PARENT_DIRECTORY, /* the directory that holds it */
};

#define LONGEST_PATH 4096

/* settings.c: where the watched files are, which triggers are set, what has happened. */
bool faults_active(void);
const char *faults_store(void);
const char *faults_shadow(void);
enum place place_of(int fd, char name[LONGEST_PATH]);
bool is_log(const char *name);
bool is_file(const char *name);
bool is_index(const char *name);
/* Whether the shadow holds the file: those below directories of the store can be made anew, and fail with the others. */
bool is_followed(const char *name);
bool is_set(const char *trigger);
/* Whether the trigger was set; it is not afterwards. */
bool take(const char *trigger);
/* Appends one line to `events` in the control directory. */
void note(const char *what, const char *name);
/* Ends the process: a harness that cannot keep its books must not go on. */
_Noreturn void give_up(const char *why);

/* shadow.c: every call is made with the lock held. */
void shadow_open(void);
void shadow_lock(void);
void shadow_unlock(void);
void shadow_created(int fd);
void shadow_written(int fd, off_t from, off_t length);
void shadow_synced(int fd);
/* What the system does after a failed sync: the pages stay readable, count as clean and never reach the disk. */
void shadow_dropped(int fd);
void shadow_directory_synced(void);
void shadow_parent_synced(void);

#endif
