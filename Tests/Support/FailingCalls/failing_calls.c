#define _GNU_SOURCE
#include "failing_calls.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
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
  return planned == call && planned_descriptor == descriptor && ++seen == planned_nth;
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
