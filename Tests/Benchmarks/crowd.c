// Many services and many calls: how soon two hundred are there, what ten thousand calls in flight
// hold, and what fifty services cost while nothing happens but health checks.

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { crowd = 200, holders = 10, in_flight = 10000, delay_ms = 4000, first_id = 2000000000 };
enum { idlers = 50, window_s = 36, eager_s = 3 };

static void write_manifest(const char *directory, int i, const char *process, const char *keys) {
  char name[64];
  snprintf(name, sizeof name, "config/manifests/bench%d.yaml", i);
  write_file(directory, name, "process: { %s }\n%s", process, keys);
}

/// How often `word` stands in a line.
static int times_in(struct line line, const char *word) {
  int count = 0;
  const char *at = line.bytes, *end = at + line.length;
  for (; (at = memmem(at, (size_t)(end - at), word, strlen(word))); at++) count++;
  return count;
}

void measure_ready(void) {
  static const char list[] = "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/list\"}\n";
  char directory[512], process[700];
  double seconds[3];
  int listed = crowd;
  report_title("200 services that were never asked, the compiled fake backend, 8 in parallel");
  for (int run = 0; run < 3; run++) {
    snprintf(directory, sizeof directory, "%s/ready%d", setting.folder, run);
    make_folders(directory);
    write_file(directory, "config/gateway.yaml",
               "processes: { parallel: 8 }\ndiscovery: { parallel: 8, wait: 1m }\n");
    snprintf(process, sizeof process, "command: %s, args: [tools=1], %s", setting.fake,
             marked_environment(""));
    for (int i = 0; i < crowd; i++) write_manifest(directory, i, process, "");
    uint64_t before = nanoseconds();
    struct peer peer = peer_start_gateway(directory);
    peer_open(&peer);
    seconds[run] = (double)(nanoseconds() - before) / 1e9;
    peer_send(&peer, list, sizeof list - 1);
    int count = times_in(peer_answer(&peer, 3), "_echo\"");
    listed = count < listed ? count : listed;
    peer_stop(&peer);
  }
  report("process start to the answer of tools/list, median", median(seconds, 3), "s", at_most, 5);
  report("services in the list", listed, "", at_least, crowd);
}

/// Takes what is there; returns how many calls it answered, each for the first time.
static int take_results(struct peer *peer, unsigned char *answers) {
  struct line line;
  int count = 0;
  peer_read(peer);
  while (peer_next(peer, &line)) {
    const char *id = memmem(line.bytes, line.length, "\"id\":", 5);
    int number = id ? atoi(id + 5) - first_id : -1;
    if (number < 0 || number >= in_flight) continue;
    if (!memmem(line.bytes, line.length, "\"result\"", 8)) fail("a call failed: %.300s", line.bytes);
    if (answers[number]++) fail("a second answer: %.300s", line.bytes);
    count++;
  }
  return count;
}

void measure_inflight(void) {
  char directory[512], process[700], tool[64];
  static unsigned char answers[in_flight];
  report_title("10,000 calls in flight, each answered after 4 s");
  snprintf(directory, sizeof directory, "%s/inflight", setting.folder);
  make_folders(directory);
  snprintf(process, sizeof process, "command: %s, args: [\"tools=1,delay=%d\"], start: always, %s",
           setting.fake, delay_ms, marked_environment(""));
  for (int i = 0; i < holders; i++) write_manifest(directory, i, process, "");
  struct peer peer = peer_start_gateway(directory);
  peer_open(&peer);
  sleep(1);
  double idle = megabytes(peer.pid, "VmRSS:");
  reset_peak(peer.pid);
  uint64_t before = nanoseconds();
  for (int i = 0; i < in_flight; i++) {
    snprintf(tool, sizeof tool, "bench%d_echo", i % holders);
    struct call call = call_to(tool, 200);
    call_number(&call, first_id + i);
    peer_send(&peer, call.bytes, call.length);
    free(call.bytes);
  }
  double sent = (double)(nanoseconds() - before) / 1e9;
  int done = 0;
  while (done < in_flight) done += take_results(&peer, answers);
  report("the last was sent after", sent, "s", at_most, delay_ms / 1000.0);
  report("calls answered exactly once", done, "", at_least, in_flight);
  report("the last answer after", (double)(nanoseconds() - before) / 1e9, "s", no_bound, 0);
  report("memory over idle, peak", megabytes(peer.pid, "VmHWM:") - idle, "MB", at_most, 120);
  peer_stop(&peer);
}

/// How many times the process has been given something to read.
static long reads_of(pid_t pid) {
  char path[64], line[128];
  long reads = 0;
  snprintf(path, sizeof path, "/proc/%d/io", pid);
  FILE *file = fopen(path, "re");
  while (file && fgets(line, sizeof line, file)) sscanf(line, "syscr: %ld", &reads);
  if (file) fclose(file);
  return reads;
}

struct idling {
  struct peer peer;
  pid_t pids[idlers];
  long reads[idlers];
};

/// Services that run and have nothing to do, checked so often.
static void begin_idling(struct idling *idling, const char *part, int services, const char *every) {
  char directory[512], process[700];
  snprintf(directory, sizeof directory, "%s/%s", setting.folder, part);
  make_folders(directory);
  write_file(directory, "config/gateway.yaml", "health: { every: %s }\n", every);
  for (int i = 0; i < services; i++) {
    snprintf(process, sizeof process, "command: %s, args: [bench%d, \"1\"], start: always, %s",
             setting.echo, i, marked_environment(""));
    write_manifest(directory, i, process, "");
  }
  idling->peer = peer_start_gateway(directory);
  peer_open(&idling->peer);
  while (children_with(idling->peer.pid, "bench", idling->pids, services) < services) usleep(10000);
  sleep(1);
  for (int i = 0; i < services; i++) idling->reads[i] = reads_of(idling->pids[i]);
}

void measure_idle(void) {
  static struct idling idling;
  report_title("50 services that run, idle but for health checks");
  begin_idling(&idling, "idle", idlers, "30s");
  uint64_t used = processor_time(idling.peer.pid), before = nanoseconds();
  sleep(window_s);
  double share = 100.0 * (double)(processor_time(idling.peer.pid) - used) /
                 (double)(nanoseconds() - before);
  int checked = 0;
  for (int i = 0; i < idlers; i++) checked += reads_of(idling.pids[i]) > idling.reads[i];
  report("checked every 30 s: processor time of the gateway", share, "%", at_most, 0.5);
  report("services that were checked in 36 s", checked, "", at_least, idlers);
  peer_stop(&idling.peer);
  begin_idling(&idling, "eager", 1, "1ms");
  used = processor_time(idling.peer.pid);
  sleep(eager_s);
  used = processor_time(idling.peer.pid) - used;
  long checks = reads_of(idling.pids[0]) - idling.reads[0];
  // Fifty services each 30 s are 1.7 checks a second: half a percent is 3 ms for each.
  report("one check, processor time", checks ? (double)used / 1000 / (double)checks : 1e9, "us",
         at_most, 3000);
  report("checks that this rests on", (double)checks, "", at_least, 100);
  peer_stop(&idling.peer);
}
