// What routing, retries, breakers, health checks, metrics and the cache add to a call, what a
// result from memory costs, and how soon a call that nobody has seen is with another service.

#include "bench.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { calls_a_round = 2000, text_size = 64, warm_up = 100, failovers = 25, filler = 70000 };

/// Two gateways, or whatever else is compared, with the call that each is asked.
struct contestant {
  const char *name;
  struct peer peer;
  struct call call;
  int changes;  // the text is another one in each call
  uint64_t *times;
};

/// Writes the number of the call over the beginning of its text.
static void change_text(struct call *call) {
  static long number = 5000000000;
  char digits[32];
  snprintf(digits, sizeof digits, "%ld", ++number);
  memcpy(call->bytes + call->length - text_size - 5, digits, strlen(digits));
}

static void play(struct contestant *contestant, uint64_t *times) {
  for (int i = 0; i < calls_a_round; i++) {
    if (contestant->changes) change_text(&contestant->call);
    one_round(&contestant->peer, &contestant->call, 1, times + i);
  }
}

/// Compares two in turns; the ratio is the median of those of the rounds. Reports the times of both
/// if it is to.
static double compare_and(int reports, struct contestant *first, struct contestant *second) {
  struct contestant *both[2] = {first, second};
  double ratios[setting.rounds], middle[2];
  char name[96];
  size_t all = (size_t)(calls_a_round * setting.rounds);
  uint64_t scratch[calls_a_round];
  for (int i = 0; i < 2; i++) {
    both[i]->times = malloc(all * sizeof(uint64_t));
    play(both[i], scratch);
  }
  for (int round = 0; round < setting.rounds; round++) {
    for (int i = 0; i < 2; i++) {
      uint64_t *mine = both[i]->times + round * calls_a_round;
      play(both[i], mine);
      qsort(mine, calls_a_round, sizeof *mine, compare_u64);
      middle[i] = (double)mine[calls_a_round / 2];
    }
    ratios[round] = middle[1] / middle[0];
  }
  for (int i = 0; i < 2; i++) {
    qsort(both[i]->times, all, sizeof(uint64_t), compare_u64);
    snprintf(name, sizeof name, "%s, p50", both[i]->name);
    if (reports) report(name, (double)both[i]->times[all / 2] / 1000, "us", no_bound, 0);
    free(both[i]->times);
  }
  return median(ratios, (size_t)setting.rounds);
}

static double compare(struct contestant *first, struct contestant *second) {
  return compare_and(1, first, second);
}

/// A gateway with these settings before as many services that run, all with these keys; the first
/// is preferred where that is said.
static struct peer start_with(const char *part, const char *settings, int services,
                              const char *tools, const char *keys, int prefers_first) {
  char directory[512], name[64];
  snprintf(directory, sizeof directory, "%s/%s", setting.folder, part);
  make_folders(directory);
  write_file(directory, "config/gateway.yaml", "%s", settings);
  for (int i = 0; i < services; i++) {
    snprintf(name, sizeof name, "config/manifests/bench%c.yaml", 'a' + i);
    write_file(directory, name,
               "process: { command: %s, args: [bench, \"1\", member-%c], start: always, %s }\n"
               "tools: { prefix: bench_%s }\n%s%s",
               setting.echo, 'a' + i, marked_environment(""), tools, keys,
               prefers_first && i == 0 ? "priority: 90\n" : "");
  }
  struct peer peer = peer_start_gateway(directory);
  pid_t pids[8];
  if (peer_open(&peer) < 100) fail("%s: the catalogue did not fill", part);
  while (children_with(peer.pid, "member-", pids, 8) < services) usleep(1000);
  return peer;
}

static const char all_off[] =
    "breaker: { failures: 0 }\nretry: { attempts: 1 }\nhealth: { every: 0s }\n"
    "cache: { entries: 0 }\n";
static const char in_group[] = "group: bench\nsticky: true\nlimits: { concurrent: 64, queue: 64 }\n";

// Where a process has its memory changes a ratio by 2 %, so policies are compared between several
// starts of the gateways.
enum { starts = 5 };

static void finish(struct contestant *contestant) {
  peer_stop(&contestant->peer);
  free(contestant->call.bytes);
}

void measure_policies(void) {
  char all_on[700];
  double without[starts], with[starts];
  report_title("one call after the other, 64 B: what policies cost");
  pin(setting.cpu);
  snprintf(all_on, sizeof all_on,
           "health: { every: 1s }\nsurface: { tools: true, resources: true }\n"
           "metrics: { every: 1s, folder: %s }\n",
           setting.folder);
  for (int i = 0; i < starts; i++) {
    struct contestant off = {.name = "all off", .call = call_to("bench_echo_1", text_size)};
    struct contestant on = {.name = "all on but the cache", .call = call_to("bench_echo_1", text_size)};
    struct contestant missing = {.name = "all on", .call = call_to("bench_echo_1", text_size)};
    missing.changes = 1;
    off.peer = start_with("off", all_off, 1, "", "", 0);
    on.peer = start_with("on", all_on, 2, ", read_only: ['*']", in_group, 0);
    missing.peer =
        start_with("missing", all_on, 2, ", read_only: ['*'], cache: { '*': 1h }", in_group, 0);
    without[i] = compare_and(i + 1 == starts, &off, &on);
    with[i] = compare_and(i + 1 == starts, &off, &missing);
    finish(&off);
    finish(&on);
    finish(&missing);
  }
  report("all on but the cache to all off, p50", median(without, starts), "x", no_bound, 0);
  report("all on, of which the cache misses, to all off, p50", median(with, starts), "x", at_most,
         1.15);
  pin(-1);
}

void measure_cache(void) {
  struct contestant fake = {.name = "the compiled fake backend", .call = call_to("echo", text_size)};
  struct contestant echo = {.name = "the echo in C", .call = call_to("bench_echo_1", text_size)};
  struct contestant kept = {.name = "from memory", .call = call_to("bench_echo_1", text_size)};
  report_title("a result from memory, 64 B, and a direct call that takes no time");
  pin(setting.cpu);
  fake.peer = peer_start((char *[]){(char *)setting.fake, "legacy", NULL});
  echo.peer = peer_start((char *[]){(char *)setting.echo, "bench", "1", NULL});
  peer_open(&fake.peer);
  peer_open(&echo.peer);
  kept.peer = start_with("cache", "", 1, ", read_only: ['*'], cache: { '*': 1h }", "", 0);
  report("from memory to the fake backend, p50", compare(&fake, &kept), "x", at_most, 1.2);
  report("from memory to the echo in C, p50", compare(&echo, &kept), "x", no_bound, 0);
  pin(-1);
  finish(&fake);
  finish(&echo);
  finish(&kept);
}

/// Waits for the end of a process that is no child; returns when that was.
static uint64_t end_of(pid_t pid, int descriptor) {
  struct pollfd ended = {.fd = descriptor, .events = POLLIN};
  if (descriptor < 0 || poll(&ended, 1, 5000) != 1) fail("the end of process %d is not told", pid);
  return nanoseconds();
}

/// Two services; the first has the calls, is stopped with its pipe full, and is killed. The times
/// from there, and from the moment in which the kernel tells its end, to the answer to a call of
/// which it has not read a byte.
static void fail_over(int number, double *from_kill, double *from_end) {
  char part[32];
  pid_t preferred;
  struct call big = call_to("bench_echo_1", filler), small = call_to("bench_echo_1", text_size);
  snprintf(part, sizeof part, "failover%d", number);
  struct peer peer = start_with(part, "", 2, "", "group: bench\n", 1);
  for (int i = 0; i < 20; i++) {
    call_number(&small, 1000000100 + i);
    peer_send(&peer, small.bytes, small.length);
    peer_answer(&peer, 1000000100 + i);
  }
  if (children_with(peer.pid, "member-a", &preferred, 1) != 1) fail("the first service is gone");
  kill(preferred, SIGSTOP);
  call_number(&big, 1000000200);
  peer_send(&peer, big.bytes, big.length);
  // Nobody wants the answer to the call that fills the pipe.
  static const char cancel[] =
      "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":"
      "1000000200}}\n";
  usleep(20000);
  peer_send(&peer, cancel, sizeof cancel - 1);
  usleep(20000);
  call_number(&small, 1000000201);
  peer_send(&peer, small.bytes, small.length);
  usleep(20000);
  // Before the gateway, which the end wakes too, where the machine has such a class.
  struct sched_param first = {.sched_priority = 21}, equal = {.sched_priority = 20};
  int descriptor = (int)syscall(SYS_pidfd_open, preferred, 0);
  sched_setscheduler(0, SCHED_FIFO, &first);
  uint64_t before = nanoseconds();
  kill(preferred, SIGKILL);
  uint64_t end = end_of(preferred, descriptor);
  peer_answer(&peer, 1000000201);
  uint64_t answered = nanoseconds();
  sched_setscheduler(0, SCHED_FIFO, &equal);
  close(descriptor);
  *from_kill = (double)(answered - before) / 1e6;
  *from_end = (double)(answered - end) / 1e6;
  peer_stop(&peer);
  free(big.bytes);
  free(small.bytes);
}

void measure_failover(void) {
  double kills[failovers], ends[failovers];
  report_title("a call that no service has read goes to another one");
  pin(setting.cpu);
  for (int i = 0; i < failovers; i++) fail_over(i, &kills[i], &ends[i]);
  pin(-1);
  report("from SIGKILL to the answer of the other, median", median(kills, failovers), "ms", no_bound,
         0);
  report("from the end of the process to it, median", median(ends, failovers), "ms", at_most, 1);
  report("from the end of the process to it, slowest", ends[failovers - 1], "ms", no_bound, 0);
}
