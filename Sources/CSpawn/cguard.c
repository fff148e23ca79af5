// The guard process: what kills the groups of a gateway that could not.
//
// It is forked from a process that may have threads, so nothing here
// allocates, locks or calls what does: only system calls and static memory.
#define _GNU_SOURCE
#include "cspawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { GROUPS = 4096, CHUNK = 16384, MARKER = 128 };

// Of the guard only (the parent's copies stay unused). More groups than fit are found by the marker.
static int32_t groups[GROUPS];
static int group_count;

struct entry {
  uint64_t inode;
  int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[];
};

static pid_t parse_pid(const char *name) {
  long value = 0;
  if (*name == 0) return 0;
  for (; *name != 0; name++) {
    if (*name < '0' || *name > '9' || value > 100000000) return 0;
    value = value * 10 + (*name - '0');
  }
  return (pid_t)value;
}

static void environ_path(pid_t pid, char path[32]) {
  char digits[12];
  int count = 0, at = 6;
  do digits[count++] = (char)('0' + pid % 10);
  while ((pid /= 10) > 0);
  memcpy(path, "/proc/", 6);
  while (count > 0) path[at++] = digits[--count];
  memcpy(path + at, "/environ", 9);
}

// Whether the environment of a process contains `marker`. Read in pieces that
// overlap by the length of the marker, since environments may be megabytes.
static int is_marked(pid_t pid, const char *marker, size_t length) {
  char path[32], buffer[CHUNK];
  environ_path(pid, path);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  size_t kept = 0;
  int found = 0;
  while (!found) {
    ssize_t count = read(file, buffer + kept, sizeof buffer - kept);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    size_t filled = kept + (size_t)count;
    found = memmem(buffer, filled, marker, length) != NULL;
    kept = filled < length - 1 ? filled : length - 1;
    memmove(buffer, buffer + filled - kept, kept);
  }
  close(file);
  return found;
}

// The pidfd is opened before the environment is read: the process that gets
// the signal is the one that was looked at.
static int kill_if_marked(pid_t pid, const char *marker, size_t length, int number) {
  if (!is_marked(pid, marker, length)) return 0;
  int pidfd = cspawn_pidfd_open(pid);
  if (pidfd < 0) return 0;
  int found = is_marked(pid, marker, length) && cspawn_pidfd_signal(pidfd, number) == 0;
  close(pidfd);
  return found;
}

int cspawn_kill_marked(const char *marker, int number) {
  size_t length = strlen(marker);
  if (length == 0 || length >= MARKER) return 0;
  int directory = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return 0;
  char buffer[CHUNK] __attribute__((aligned(8)));
  int found = 0;
  pid_t self = getpid();
  for (;;) {
    long count = syscall(SYS_getdents64, directory, buffer, sizeof buffer);
    if (count <= 0) break;
    for (long at = 0; at < count;) {
      const struct entry *entry = (const struct entry *)(const void *)(buffer + at);
      pid_t pid = parse_pid(entry->name);
      if (pid > 1 && pid != self) found += kill_if_marked(pid, marker, length, number);
      at += entry->length;
    }
  }
  close(directory);
  return found;
}

static void note(int32_t add, int32_t group) {
  int at = 0;
  while (at < group_count && groups[at] != group) at++;
  if (add && at == group_count && group_count < GROUPS) groups[group_count++] = group;
  if (!add && at < group_count) groups[at] = groups[--group_count];
}

static void read_until_end(int pipe) {
  int32_t record[2];
  size_t filled = 0;
  for (;;) {
    ssize_t count = read(pipe, (char *)record + filled, sizeof record - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    filled += (size_t)count;
    if (filled < sizeof record) continue;
    filled = 0;
    if (record[1] > 1) note(record[0], record[1]);
  }
}

// Twice nothing found ends it: one look may miss a process that was just being forked.
static void kill_everything(const char *marker) {
  const struct timespec pause = {0, 10 * 1000 * 1000};
  struct timespec start, now;
  clock_gettime(CLOCK_MONOTONIC, &start);
  int quiet = 0;
  do {
    for (int i = 0; i < group_count; i++) kill(-groups[i], SIGKILL);
    group_count = 0;
    quiet = cspawn_kill_marked(marker, SIGKILL) == 0 ? quiet + 1 : 0;
    nanosleep(&pause, NULL);
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while (quiet < 2 && now.tv_sec - start.tv_sec < 2);
}

static void guard(int pipe, const char *marker) {
  setsid();
  prctl(PR_SET_NAME, "switchyard-grd");
  for (int number = 1; number < NSIG; number++) signal(number, SIG_IGN);
  // Nothing of the gateway's may stay open here: its client waits for the end of file.
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3 && null >= 0; fd++) dup2(null, fd);
  dup2(pipe, 3);
  if (syscall(SYS_close_range, 4U, ~0U, 0U) != 0)
    for (int fd = 4; fd < 65536; fd++) close(fd);
  if (chdir("/") != 0) {
  }
  read_until_end(3);
  kill_everything(marker);
  _exit(0);
}

pid_t cspawn_guard(const char *marker, int *write_end, int *pidfd) {
  static char kept[MARKER];
  if (strlen(marker) >= sizeof kept) {
    errno = EINVAL;
    return -1;
  }
  strcpy(kept, marker);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t pid = (pid_t)syscall(SYS_clone, (unsigned long)SIGCHLD, NULL, NULL, NULL, NULL);
  if (pid == 0) {
    close(ends[1]);
    guard(ends[0], kept);
  }
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(ends[0]);
  *pidfd = pid > 0 ? cspawn_pidfd_open(pid) : -1;
  if (pid < 0 || fcntl(ends[1], F_SETFL, O_NONBLOCK) != 0) {
    close(ends[1]);
    errno = error;
    return -1;
  }
  *write_end = ends[1];
  return pid;
}
