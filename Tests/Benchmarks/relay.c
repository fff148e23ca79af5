// The yardstick: starts a command and carries bytes between it and our own
// stdin and stdout, without looking at them. One thread, poll(2), one buffer
// a direction; what a gateway costs is told as a multiple of this.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { capacity = 1 << 16 };

/// One direction: bytes read from `source` that `target` has not taken yet.
struct lane {
  int source, target;
  size_t start, end;
  char bytes[capacity];
};

static int is_open(const struct lane *lane) { return lane->source >= 0; }
static int is_full(const struct lane *lane) { return lane->end > lane->start; }

static void shut(struct lane *lane) {
  close(lane->target);
  lane->source = lane->target = -1;
  lane->start = lane->end = 0;
}

static void drain(struct lane *lane) {
  while (is_full(lane)) {
    ssize_t n = write(lane->target, lane->bytes + lane->start, lane->end - lane->start);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0) return shut(lane);
    lane->start += (size_t)n;
  }
}

static void fill(struct lane *lane) {
  ssize_t n = read(lane->source, lane->bytes, capacity);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return shut(lane);
  lane->start = 0;
  lane->end = (size_t)n;
  drain(lane);
}

static void carry(struct lane *there, struct lane *back) {
  struct lane *lanes[2] = {there, back};
  while (is_open(back)) {
    struct pollfd polls[2];
    for (int i = 0; i < 2; i++) {
      int busy = is_full(lanes[i]);
      polls[i].fd = busy ? lanes[i]->target : lanes[i]->source;
      polls[i].events = busy ? POLLOUT : POLLIN;
      polls[i].revents = 0;
    }
    if (poll(polls, 2, -1) < 0 && errno != EINTR) return;
    for (int i = 0; i < 2; i++) {
      if (!polls[i].revents || !is_open(lanes[i])) continue;
      if (is_full(lanes[i])) drain(lanes[i]);
      else fill(lanes[i]);
    }
  }
}

/// Reopened, because O_NONBLOCK belongs to the description that we share.
static int reopened(int descriptor, int flags) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
  return open(path, flags | O_NONBLOCK | O_CLOEXEC);
}

int main(int argc, char **argv) {
  static struct lane there, back;
  int in[2], out[2];
  if (argc < 2 || pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC)) return 64;
  signal(SIGPIPE, SIG_IGN);
  pid_t child = fork();
  if (child == 0) {
    signal(SIGPIPE, SIG_DFL);
    dup2(in[0], 0);
    dup2(out[1], 1);
    execvp(argv[1], argv + 1);
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  fcntl(in[1], F_SETFL, O_NONBLOCK);
  fcntl(out[0], F_SETFL, O_NONBLOCK);
  there.source = reopened(0, O_RDONLY);
  there.target = in[1];
  back.source = out[0];
  back.target = reopened(1, O_WRONLY);
  carry(&there, &back);
  waitpid(child, NULL, 0);
  return 0;
}
