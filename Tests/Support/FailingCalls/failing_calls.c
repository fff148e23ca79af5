#define _GNU_SOURCE
#include "failing_calls.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static _Thread_local enum failing_call planned;
static _Thread_local long planned_nth, seen;
static _Thread_local int planned_descriptor, planned_code;

void failing_plan(enum failing_call call, int descriptor, long nth, int code) {
  planned = call;
  planned_descriptor = descriptor;
  planned_nth = nth;
  planned_code = code;
  seen = 0;
}

long failing_end(void) {
  planned = FAILING_NONE;
  return seen;
}

static int strikes(enum failing_call call, int descriptor) {
  return planned == call && (planned_descriptor < 0 || planned_descriptor == descriptor) &&
         ++seen == planned_nth;
}

static long fails(void) {
  errno = planned_code;
  return -1;
}

ssize_t read(int descriptor, void *bytes, size_t count) {
  if (strikes(FAILING_READ, descriptor)) {
    if (planned_code) return fails();
    if (count > 1) count = 1;
  }
  return syscall(SYS_read, descriptor, bytes, count);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  if (strikes(FAILING_WRITE, descriptor)) {
    if (planned_code) return fails();
    if (count > 1) count = 1;
  }
  return syscall(SYS_write, descriptor, bytes, count);
}

static const void *first_byte(const struct iovec *pieces, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (pieces[i].iov_len > 0) return pieces[i].iov_base;
  return NULL;
}

ssize_t writev(int descriptor, const struct iovec *pieces, int count) {
  if (strikes(FAILING_WRITEV, descriptor)) {
    if (planned_code) return fails();
    return syscall(SYS_write, descriptor, first_byte(pieces, (size_t)count), (size_t)1);
  }
  return syscall(SYS_writev, descriptor, pieces, count);
}

ssize_t recv(int descriptor, void *bytes, size_t count, int flags) {
  if (strikes(FAILING_RECV, descriptor)) {
    if (planned_code) return fails();
    if (count > 1) count = 1;
  }
  return syscall(SYS_recvfrom, descriptor, bytes, count, flags, NULL, NULL);
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
  if (strikes(FAILING_SENDMSG, descriptor)) {
    if (planned_code) return fails();
    const void *byte = first_byte(message->msg_iov, message->msg_iovlen);
    return syscall(SYS_sendto, descriptor, byte, (size_t)1, flags, NULL, 0);
  }
  return syscall(SYS_sendmsg, descriptor, message, flags);
}

int poll(struct pollfd *entries, nfds_t count, int timeout) {
  if (count == 1 && strikes(FAILING_POLL, entries->fd)) {
    if (planned_code) return (int)fails();
    return 0;
  }
  // Not every architecture has SYS_poll.
  struct timespec limit = {timeout / 1000, timeout % 1000 * 1000000L};
  return (int)syscall(SYS_ppoll, entries, count, timeout < 0 ? NULL : &limit, NULL, 0);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  if (strikes(FAILING_PWRITE, descriptor)) return fails();
  return syscall(SYS_pwrite64, descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  return pwrite64(descriptor, bytes, count, offset);
}

int fsync(int descriptor) {
  if (strikes(FAILING_SYNC, descriptor)) return (int)fails();
  return (int)syscall(SYS_fsync, descriptor);
}

int fdatasync(int descriptor) {
  if (strikes(FAILING_SYNC, descriptor)) return (int)fails();
  return (int)syscall(SYS_fdatasync, descriptor);
}

static _Thread_local int watching;
static _Thread_local struct failing_kills kills;

void failing_watch_kills(void) {
  watching = 1;
  kills = (struct failing_kills){0, 0};
}

struct failing_kills failing_watched_kills(void) {
  watching = 0;
  return kills;
}

int kill(pid_t pid, int number) {
  if (watching && number != 0) {
    siginfo_t info;
    pid_t target = pid < 0 ? -pid : pid;
    kills.sent++;
    // A number is a child's until the child is reaped; then it may be anybody's.
    if (target <= 1 || waitid(P_PID, (id_t)target, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
      kills.at_strangers++;
      errno = ESRCH;
      return -1;
    }
  }
  return (int)syscall(SYS_kill, pid, number);
}
