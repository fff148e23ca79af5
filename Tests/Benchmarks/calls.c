// A call there and back, by size: one after the other for its latency, and 64
// in flight for throughput. The three subjects take turns within each round, so
// that whatever else the machine does falls on all of them alike.

#include "bench.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { in_flight = 64, id_digits = 10, first_id = 1000000000, warm_up = 50 };

static const char *const subject_names[subjects] = {"direct", "relay", "gateway"};

struct call call_of(size_t size) { return call_to("bench_echo_1", size); }

/// With room for so many bytes of text behind the beginning.
static struct call begun_call(const char *tool, const char *name, size_t size) {
  static const char head[] = "{\"jsonrpc\":\"2.0\",\"id\":";
  struct call call = {.id_at = sizeof head - 1, .bytes = malloc(size + 512)};
  call.length = (size_t)sprintf(call.bytes,
                                "%s%d,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\","
                                "\"arguments\":{\"%s\":\"",
                                head, first_id, tool, name);
  return call;
}

struct call call_to(const char *tool, size_t size) {
  struct call call = begun_call(tool, "text", size);
  memset(call.bytes + call.length, 'x', size);
  call.length += size + (size_t)sprintf(call.bytes + call.length + size, "\"}}}\n");
  return call;
}

struct call call_of_text(const char *tool, const char *name, const char *text) {
  struct call call = begun_call(tool, name, strlen(text));
  call.length += (size_t)sprintf(call.bytes + call.length, "%s\"}}}\n", text);
  return call;
}

void call_number(struct call *call, long id) {
  for (int i = id_digits; i-- > 0; id /= 10) call->bytes[call->id_at + (size_t)i] = (char)('0' + id % 10);
}

/// Everything started from here on runs on `cpu`, and before whatever else wants it, where the
/// machine allows that (a real-time class needs a privilege); -1 ends both.
void pin(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (int i = 0; i < CPU_SETSIZE; i++)
    if (cpu < 0 || i == cpu) CPU_SET(i, &set);
  sched_setaffinity(0, sizeof set, &set);
  struct sched_param priority = {.sched_priority = cpu < 0 ? 0 : 20};
  sched_setscheduler(0, cpu < 0 ? SCHED_OTHER : SCHED_FIFO, &priority);
}

void hurry(void) {
  struct sched_param priority = {.sched_priority = 20};
  sched_setscheduler(0, SCHED_FIFO, &priority);
}

/// Brings a subject up, and checks once that the text really comes back.
static struct peer ready(enum subject subject, struct call *call, size_t size) {
  struct peer peer = subject_start(subject);
  peer_open(&peer);
  for (int i = 0; i < warm_up; i++) {
    call_number(call, first_id + i);
    peer_send(&peer, call->bytes, call->length);
    struct line line = peer_answer(&peer, first_id + i);
    const char *text = memmem(line.bytes, line.length, "\"text\":\"", 8);
    char *wanted = call->bytes + call->length - size - 5;
    if (!text || line.length < size + 8 || memcmp(text + 8, wanted, size))
      fail("%s answers something else: %.200s", subject_names[subject], line.bytes);
  }
  return peer;
}

void one_round(struct peer *peer, struct call *call, int count, uint64_t *times) {
  static long id = first_id + 1000;
  for (int i = 0; i < count; i++) {
    call_number(call, ++id);
    uint64_t before = nanoseconds();
    peer_send(peer, call->bytes, call->length);
    struct line line = peer_line(peer);
    times[i] = nanoseconds() - before;
    if (line.length <= call->length / 2) fail("an answer is short: %.200s", line.bytes);
  }
}

double pace(void) {
  enum { count = 2000 };
  static uint64_t times[count];
  struct call call = call_of(64);
  pin(setting.cpu);
  struct peer peer = ready(direct, &call, 64);
  one_round(&peer, &call, count, times);
  peer_stop(&peer);
  pin(-1);
  free(call.bytes);
  qsort(times, count, sizeof *times, compare_u64);
  return (double)times[count / 2] / 1000;
}

static void sequential_of(size_t size, const char *label, int count, enum bound bound,
                          double limit) {
  struct peer peers[subjects];
  uint64_t *times[subjects];
  double ratios[setting.rounds], p50[subjects];
  struct call call = call_of(size);
  char name[64];
  for (int s = 0; s < subjects; s++) {
    peers[s] = ready((enum subject)s, &call, size);
    times[s] = malloc((size_t)(count * setting.rounds) * sizeof(uint64_t));
  }
  for (int round = 0; round < setting.rounds; round++) {
    for (int s = 0; s < subjects; s++) {
      uint64_t *mine = times[s] + round * count;
      one_round(&peers[s], &call, count, mine);
      qsort(mine, (size_t)count, sizeof *mine, compare_u64);
      p50[s] = (double)mine[count / 2];
    }
    ratios[round] = p50[gateway] / p50[relay];
  }
  size_t all = (size_t)(count * setting.rounds);
  for (int s = 0; s < subjects; s++) {
    qsort(times[s], all, sizeof(uint64_t), compare_u64);
    snprintf(name, sizeof name, "%s, %s, p50", label, subject_names[s]);
    report(name, (double)times[s][all / 2] / 1000, "us", no_bound, 0);
    snprintf(name, sizeof name, "%s, %s, p99", label, subject_names[s]);
    report(name, (double)times[s][all * 99 / 100] / 1000, "us", no_bound, 0);
    free(times[s]);
    peer_stop(&peers[s]);
  }
  snprintf(name, sizeof name, "%s, gateway to relay, p50", label);
  report(name, median(ratios, (size_t)setting.rounds), "x", bound, limit);
  free(call.bytes);
}

void measure_sequential(void) {
  report_title("one call after the other");
  pin(setting.cpu);
  sequential_of(64, "64 B", 2000, at_most, 1.6);
  sequential_of(1 << 10, "1 KB", 2000, at_most, 1.6);
  sequential_of(10 << 10, "10 KB", 1000, at_most, 2.0);
  sequential_of(100 << 10, "100 KB", 200, no_bound, 0);
  sequential_of(1 << 20, "1 MB", 40, at_most, 2.4);
  pin(-1);
}

/// Keeps 64 calls under way; returns messages a second, both directions counted.
static double flood(struct peer *peer, struct call *call, int calls) {
  static long id = first_id + 500000000;
  size_t length = call->length;
  char *batch = malloc(length * in_flight);
  int sent = 0, answered = 0, room = in_flight;
  uint64_t before = nanoseconds();
  while (answered < calls) {
    int now = calls - sent < room ? calls - sent : room;
    for (int i = 0; i < now; i++) {
      call_number(call, ++id);
      memcpy(batch + (size_t)i * length, call->bytes, length);
    }
    peer_send(peer, batch, length * (size_t)now);
    sent += now;
    room = 0;
    struct line line;
    while (room == 0) {
      peer_read(peer);
      while (peer_next(peer, &line)) room += line.length > length / 2;
    }
    answered += room;
  }
  free(batch);
  return 2.0 * calls / ((double)(nanoseconds() - before) / 1e9);
}

static void pipelined_of(size_t size, const char *label, int calls, int is_judged) {
  struct peer peers[subjects];
  double rates[subjects][setting.rounds];
  struct call call = call_of(size);
  char name[64];
  for (int s = 0; s < subjects; s++) peers[s] = ready((enum subject)s, &call, size);
  for (int round = 0; round < setting.rounds; round++)
    for (int s = 0; s < subjects; s++) rates[s][round] = flood(&peers[s], &call, calls);
  double middle[subjects];
  for (int s = 0; s < subjects; s++) {
    middle[s] = median(rates[s], (size_t)setting.rounds);
    peer_stop(&peers[s]);
  }
  double fifth = 0.2 * middle[relay] / 1e6;
  for (int s = 0; s < subjects; s++) {
    snprintf(name, sizeof name, "%s, 64 in flight, %s", label, subject_names[s]);
    int judged = s == gateway && is_judged;
    report(name, middle[s] / 1e6, "M/s", judged ? at_least : no_bound, fifth < 0.5 ? fifth : 0.5);
  }
  free(call.bytes);
}

void measure_pipelined(void) {
  report_title("64 calls in flight, messages a second, both directions counted");
  pin(setting.cpu);
  pipelined_of(64, "64 B", 20000, 1);
  pipelined_of(1 << 10, "1 KB", 10000, 0);
  pin(-1);
}
