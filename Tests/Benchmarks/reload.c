// Reload under load: every manifest is written anew, again and again, while calls
// come at a steady rate. Each is answered, and soon.

#include "bench.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { services = 200, calls_a_second = 1000, rounds = 4, first_call = 1000000 };

/// Writes every manifest with another description of its tool, each over the old one.
static void rewrite(const char *directory, int round) {
  char path[600], new[620], text[4096];
  for (int i = 0; i < services; i++) {
    snprintf(path, sizeof path, "%s/config/manifests/bench%d.yaml", directory, i);
    snprintf(new, sizeof new, "%s.new", path);
    FILE *file = fopen(path, "re");
    if (!file) fail("%s: %s", path, strerror(errno));
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    char *former = strstr(text, "tools:");
    if (former) *former = 0;
    file = fopen(new, "we");
    if (!file) fail("%s: %s", new, strerror(errno));
    fprintf(file, "%stools: { describe: { bench%d_echo_1: Round %d. } }\n", text, i, round);
    fclose(file);
    if (rename(new, path)) fail("%s: %s", path, strerror(errno));
  }
}

/// One second and a half for each round, in a process of its own.
static pid_t start_writer(const char *directory) {
  pid_t writer = fork();
  if (writer) return writer;
  for (int round = 1; round <= rounds; round++) {
    usleep(500000);
    rewrite(directory, round);
    usleep(1000000);
  }
  _exit(0);
}

static void call_one(struct peer *peer, long id) {
  char line[256];
  int length = snprintf(line, sizeof line,
                        "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"method\":\"tools/call\",\"params\":{"
                        "\"name\":\"bench0_echo_1\",\"arguments\":{\"text\":\"x\"}}}\n",
                        id);
  peer_send(peer, line, (size_t)length);
}

/// Notes the time of each answer; answers how many of the lines were results of calls.
static int take_answers(struct peer *peer, const uint64_t *sent, uint64_t *took) {
  struct line line;
  int results = 0;
  while (peer_next(peer, &line)) {
    const char *id = memmem(line.bytes, line.length, "\"id\":", 5);
    long number = id ? atol(id + 5) - first_call : -1;
    if (number < 0 || !memmem(line.bytes, line.length, "\"text\":\"x\"", 10)) continue;
    if (took[number] == 0) results++;
    took[number] = nanoseconds() - sent[number];
  }
  return results;
}

void measure_reload(void) {
  char directory[512], wanted[64];
  snprintf(directory, sizeof directory, "%s/reload", setting.folder);
  configure(directory, services, 1, 0);
  hurry();
  struct peer peer = peer_start_gateway(directory);
  peer_open(&peer);
  report_title("reload of 200 manifests under 1,000 calls a second");
  long total = (long)calls_a_second * rounds * 3 / 2;
  uint64_t *sent = calloc((size_t)total, sizeof *sent), *took = calloc((size_t)total, sizeof *took);
  call_one(&peer, 7);
  peer_answer(&peer, 7);
  pid_t writer = start_writer(directory);
  uint64_t begun = nanoseconds(), step = 1000000000u / calls_a_second;
  long done = 0;
  for (long next = 0; done < total;) {
    uint64_t now = nanoseconds();
    if (now > begun + step * (uint64_t)total + 20000000000u) break;
    while (next < total && begun + step * (uint64_t)next <= now) {
      sent[next] = nanoseconds();
      call_one(&peer, first_call + next++);
    }
    struct pollfd ready = {.fd = peer.from, .events = POLLIN};
    if (poll(&ready, 1, 1) == 1) {
      peer_read(&peer);
      done += take_answers(&peer, sent, took);
    }
  }
  waitpid(writer, NULL, 0);
  // The last round counts when the list shows it, for every service.
  snprintf(wanted, sizeof wanted, "Round %d.", rounds);
  int shown = 0;
  for (int attempt = 0; attempt < 100 && shown < services; attempt++) {
    static const char list[] = "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"tools/list\"}\n";
    peer_send(&peer, list, sizeof list - 1);
    struct line line = peer_answer(&peer, 8);
    shown = 0;
    for (const char *at = line.bytes, *end = at + line.length;
         (at = memmem(at, (size_t)(end - at), wanted, strlen(wanted))); at++)
      shown++;
    if (shown < services) usleep(100000);
  }
  qsort(took, (size_t)total, sizeof *took, compare_u64);
  report("calls lost", (double)(total - done), "", at_most, 0);
  report("call, p50", (double)took[total / 2] / 1e6, "ms", no_bound, 0);
  report("call, p99", (double)took[total * 99 / 100] / 1e6, "ms", at_most, 50);
  report("call, slowest", (double)took[total - 1] / 1e6, "ms", no_bound, 0);
  report("manifests that count in the end", shown, "", at_least, services);
  peer_stop(&peer);
  pin(-1);
  free(sent);
  free(took);
}
