// Starting a process with two pipes and speaking lines with it. Blocking reads
// and writes: on one CPU nothing is faster, and what is timed is the subject.

#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

struct peer peer_start(char *const command[]) {
  int in[2], out[2];
  struct peer peer = {.capacity = 64 << 20};
  posix_spawn_file_actions_t actions;
  if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC)) fail("pipe: %s", strerror(errno));
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], 1);
  int error = posix_spawn(&peer.pid, command[0], &actions, NULL, command, environ);
  if (error) fail("%s does not start: %s", command[0], strerror(error));
  posix_spawn_file_actions_destroy(&actions);
  close(in[0]);
  close(out[1]);
  peer.to = in[1];
  peer.from = out[0];
  peer.buffer = malloc(peer.capacity);
  return peer;
}

struct peer peer_start_gateway(const char *directory) {
  char configuration[512], state[512];
  snprintf(configuration, sizeof configuration, "%s/config", directory);
  snprintf(state, sizeof state, "%s/state", directory);
  char *command[] = {(char *)setting.gateway, "--config", configuration, "--state", state, NULL};
  return peer_start(command);
}

void peer_send(struct peer *peer, const char *bytes, size_t length) {
  while (length) {
    ssize_t n = write(peer->to, bytes, length);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("process %d takes no more input: %s", peer->pid, strerror(errno));
    bytes += n;
    length -= (size_t)n;
  }
}

void peer_read(struct peer *peer) {
  if (peer->start == peer->end) peer->start = peer->end = peer->scanned = 0;
  if (peer->end == peer->capacity) {
    memmove(peer->buffer, peer->buffer + peer->start, peer->end - peer->start);
    peer->end -= peer->start;
    peer->scanned -= peer->start;
    peer->start = 0;
    if (peer->end == peer->capacity) fail("a line from process %d has no end", peer->pid);
  }
  ssize_t n;
  do n = read(peer->from, peer->buffer + peer->end, peer->capacity - peer->end);
  while (n < 0 && errno == EINTR);
  if (n <= 0) fail("process %d ended its output", peer->pid);
  peer->end += (size_t)n;
}

int peer_next(struct peer *peer, struct line *line) {
  char *from = peer->buffer + peer->scanned;
  char *newline = memchr(from, '\n', peer->end - peer->scanned);
  if (!newline) {
    peer->scanned = peer->end;
    return 0;
  }
  line->bytes = peer->buffer + peer->start;
  line->length = (size_t)(newline - line->bytes);
  peer->start = peer->scanned = (size_t)(newline + 1 - peer->buffer);
  return 1;
}

struct line peer_line(struct peer *peer) {
  struct line line;
  while (!peer_next(peer, &line)) peer_read(peer);
  return line;
}

struct line peer_answer(struct peer *peer, long id) {
  char wanted[32];
  int length = snprintf(wanted, sizeof wanted, "\"id\":%ld", id);
  for (;;) {
    struct line line = peer_line(peer);
    const char *found = memmem(line.bytes, line.length, wanted, (size_t)length);
    if (found && (found[length] == ',' || found[length] == '}')) return line;
  }
}

size_t peer_open(struct peer *peer) {
  static const char initialize[] =
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
      "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"bench\",\"version\":\"1\"}}}\n";
  static const char list[] =
      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"
      "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}\n";
  peer_send(peer, initialize, sizeof initialize - 1);
  peer_answer(peer, 1);
  peer_send(peer, list, sizeof list - 1);
  return peer_answer(peer, 2).length;
}

int peer_stop(struct peer *peer) {
  int status = 0;
  close(peer->to);
  while (waitpid(peer->pid, &status, 0) < 0 && errno == EINTR) continue;
  close(peer->from);
  free(peer->buffer);
  return status;
}

struct peer subject_start(enum subject subject) {
  char directory[512];
  char *echo = (char *)setting.echo;
  if (subject == direct) return peer_start((char *[]){echo, "bench", "1", NULL});
  if (subject == relay)
    return peer_start((char *[]){(char *)setting.relay, echo, "bench", "1", NULL});
  snprintf(directory, sizeof directory, "%s/calls", setting.folder);
  configure(directory, 1, 1, 0);
  return peer_start_gateway(directory);
}
