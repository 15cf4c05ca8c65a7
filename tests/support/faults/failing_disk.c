/* Fails writes or syncs of files below RONGZI_FAIL_BELOW while the file RONGZI_FAIL_WHEN exists.
   That file holds a word (write or sync), the number of the first call to fail, and an errno. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int is_below(int fd)
{
    char link[64], path[4096];
    const char *below = getenv("RONGZI_FAIL_BELOW");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = below ? readlink(link, path, sizeof path - 1) : -1;
    return length > 0 && !strncmp(path, below, strlen(below));
}

static int fails(int fd, const char *call)
{
    static int calls;
    char word[16];
    int first, number;
    if (!is_below(fd))
        return 0;
    FILE *when = fopen(getenv("RONGZI_FAIL_WHEN"), "r");
    if (!when) {
        calls = 0;
        return 0;
    }
    int read = fscanf(when, "%15s %d %d", word, &first, &number);
    fclose(when);
    if (read != 3 || strcmp(word, call) || ++calls < first)
        return 0;
    errno = number;
    return 1;
}

#define REAL(name, ...) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))(__VA_ARGS__)

ssize_t write(int fd, const void *data, size_t size)
{
    return fails(fd, "write") ? -1 : REAL(write, fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    return fails(fd, "write") ? -1 : REAL(pwrite64, fd, data, size, at);
}

int fsync(int fd)
{
    return fails(fd, "sync") ? -1 : REAL(fsync, fd);
}

int fdatasync(int fd)
{
    return fails(fd, "sync") ? -1 : REAL(fdatasync, fd);
}
