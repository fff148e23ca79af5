// Beginning, size and end of the gateway: how soon it answers, how much memory
// it holds, and whether anything it started outlives it.

#include "bench.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { services = 10, tools_each = 20, starts = 40 };
enum { fault_services = 100, calls = 10000, under_way = 64, seconds_allowed = 2 };

static const char *ten_services(char *directory, size_t size) {
  snprintf(directory, size, "%s/ten", setting.folder);
  configure(directory, services, tools_each, 0);
  struct peer peer = peer_start_gateway(directory);
  if (peer_open(&peer) < services * tools_each * 100) fail("the catalogue did not fill");
  peer_stop(&peer);
  return directory;
}

void measure_start(void) {
  char directory[512];
  double first[starts], both[starts];
  int spawned = 0;
  report_title("start, 10 services and 200 tools, catalogue filled");
  ten_services(directory, sizeof directory);
  for (int i = 0; i < starts; i++) {
    static const char initialize[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
        "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"b\",\"version\":\"1\"}}}\n";
    static const char list[] =
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}\n"
        "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}\n";
    uint64_t before = nanoseconds();
    struct peer peer = peer_start_gateway(directory);
    peer_send(&peer, initialize, sizeof initialize - 1);
    peer_answer(&peer, 1);
    first[i] = (double)(nanoseconds() - before) / 1e6;
    peer_send(&peer, list, sizeof list - 1);
    size_t length = peer_answer(&peer, 2).length;
    both[i] = (double)(nanoseconds() - before) / 1e6;
    if (length < services * tools_each * 100) fail("a later start lists less");
    spawned += marked_processes();
    peer_stop(&peer);
  }
  report("process start to the answer of initialize, median", median(first, starts), "ms",
         no_bound, 0);
  report("process start to the answer of tools/list, median", median(both, starts), "ms", at_most,
         10);
  report("process start to the answer of tools/list, slowest", both[starts - 1], "ms", no_bound, 0);
  report("services spawned by it", spawned, "", at_most, 0);
}

static double kilobytes(pid_t pid, const char *file, const char *key) {
  char path[64], line[256];
  double value = -1;
  snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
  FILE *status = fopen(path, "re");
  while (status && fgets(line, sizeof line, status))
    if (strncmp(line, key, strlen(key)) == 0) value = atof(line + strlen(key));
  if (status) fclose(status);
  return value;
}

void measure_memory(void) {
  char directory[512];
  report_title("memory of the gateway alone, idle, 10 services");
  ten_services(directory, sizeof directory);
  struct peer peer = peer_start_gateway(directory);
  peer_open(&peer);
  sleep(1);
  report("resident", kilobytes(peer.pid, "status", "VmRSS:") / 1024, "MB", at_most, 12);
  report("proportional", kilobytes(peer.pid, "smaps_rollup", "Pss:") / 1024, "MB", no_bound, 0);
  peer_stop(&peer);
}

/// Call number `i` of 10,000; each of the 100 services gets a crash and a lingerer.
static void send_call(struct peer *peer, int i) {
  char line[256];
  int turn = i / fault_services;
  const char *fault = turn == 33 ? ",\"fault\":\"crash\"" : turn == 66 ? ",\"fault\":\"linger\"" : "";
  int length = snprintf(line, sizeof line,
                        "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":{"
                        "\"name\":\"bench%d_echo_1\",\"arguments\":{\"text\":\"hello\"%s}}}\n",
                        1000 + i, i % fault_services, fault);
  peer_send(peer, line, (size_t)length);
}

/// Takes one line; returns the number of the call that it answers, or -1.
static int answered_call(struct line line, int *failed) {
  const char *id = memmem(line.bytes, line.length, "\"id\":", 5);
  if (!id) return -1;
  *failed += memmem(line.bytes, line.length, "\"error\":", 8) != NULL;
  return atoi(id + 5) - 1000;
}

static void run_calls(struct peer *peer) {
  static unsigned char answers[calls];
  int sent = 0, done = 0, failed = 0;
  struct line line;
  memset(answers, 0, sizeof answers);
  while (done < calls) {
    while (sent < calls && sent - done < under_way) send_call(peer, sent++);
    peer_read(peer);
    while (peer_next(peer, &line)) {
      int call = answered_call(line, &failed);
      if (call < 0) continue;
      if (call >= sent || answers[call]++) fail("an answer nobody waits for: %.200s", line.bytes);
      done++;
    }
  }
  report("calls answered exactly once", done, "", at_least, calls);
  report("of them with an error", failed, "", no_bound, 0);
}

static void await_none(const char *name) {
  char label[96];
  uint64_t ended = nanoseconds();
  double seconds = 0;
  int left;
  while ((left = marked_processes()) && seconds < seconds_allowed) {
    usleep(5000);
    seconds = (double)(nanoseconds() - ended) / 1e9;
  }
  snprintf(label, sizeof label, "processes left 2 s after %s", name);
  report(label, left, "", at_most, 0);
  snprintf(label, sizeof label, "gone after %s", name);
  report(label, (double)(nanoseconds() - ended) / 1e6, "ms", no_bound, 0);
  kill_marked_processes();
}

static struct peer after_many_calls(void) {
  char directory[512];
  snprintf(directory, sizeof directory, "%s/faults", setting.folder);
  configure(directory, fault_services, 1, 1);
  struct peer peer = peer_start_gateway(directory);
  peer_open(&peer);
  run_calls(&peer);
  report("processes before the end, grandchildren included", marked_processes(), "", no_bound, 0);
  return peer;
}

void measure_leftovers(void) {
  report_title("what is left of 100 services, 10,000 calls, 1 % crashing, 1 % ignoring the end");
  struct peer peer = after_many_calls();
  uint64_t before = nanoseconds();
  peer_stop(&peer);
  report("end of input to the end of the gateway", (double)(nanoseconds() - before) / 1e6, "ms",
         at_most, 2000);
  await_none("the end of input");
  peer = after_many_calls();
  kill(peer.pid, SIGKILL);
  waitpid(peer.pid, NULL, 0);
  await_none("kill -9");
  close(peer.to);
  close(peer.from);
  free(peer.buffer);
}
