// Notifications: what one costs the gateway against a result of its length, how
// many pass to a client that reads, what a slow client costs in memory, and what
// a cancel overtakes.

#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { batch = 1000, rate = 20000, flood_count = 200000, queued_calls = 7800 };

static long next_id = 100;

static void write_configuration(const char *directory) {
  char path[600];
  configure(directory, 1, 1, 0);
  snprintf(path, sizeof path, "%s/config/manifests/bench.yaml", directory);
  FILE *file = fopen(path, "we");
  if (!file) fail("%s: %s", path, strerror(errno));
  const char *equals = strchr(setting.marker, '=');
  fprintf(file,
          "process:\n  command: %s\n  args: [bench, \"1\", --notices]\n  env: { %.*s: \"%s\" }\n"
          "limits: { concurrent: 10000, queue: 10000 }\n",
          setting.echo, (int)(equals - setting.marker), setting.marker, equals + 1);
  fclose(file);
  chmod(path, 0600);
}

/// Sends a call with these arguments, without waiting; returns its id.
static long send_call(struct peer *peer, const char *arguments, int wants_progress) {
  char line[512];
  long id = next_id++;
  int n = snprintf(line, sizeof line,
                   "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"method\":\"tools/call\",\"params\":{\"name\":"
                   "\"bench_echo_1\",\"arguments\":{%s}%s}}\n",
                   id, arguments, wants_progress ? ",\"_meta\":{\"progressToken\":\"t\"}" : "");
  peer_send(peer, line, (size_t)n);
  return id;
}

static int is_progress(struct line line) {
  return memmem(line.bytes, line.length < 64 ? line.length : 64, "/progress\"", 10) != NULL;
}

/// Reads until the answer to `id`; returns how many progress notifications came before it.
static long count_progress(struct peer *peer, long id) {
  char wanted[32];
  int length = snprintf(wanted, sizeof wanted, "\"id\":%ld,", id);
  for (long count = 0;;) {
    struct line line = peer_line(peer);
    if (is_progress(line)) count++;
    else if (memmem(line.bytes, line.length, wanted, (size_t)length)) return count;
  }
}

static double cost_of_progress(struct peer *peer) {
  char arguments[64];
  snprintf(arguments, sizeof arguments, "\"burst\":%d", batch);
  uint64_t before = processor_time(peer->pid);
  long count = count_progress(peer, send_call(peer, arguments, 1));
  uint64_t used = processor_time(peer->pid) - before;
  if (count != batch) fail("%ld of %d notifications came", count, batch);
  return (double)used / batch / 1000;
}

static double cost_of_results(struct peer *peer) {
  for (int i = 0; i < batch; i++) send_call(peer, "\"hold\":1", 0);
  // Behind the calls on their way: when it is answered, all of them are with the service.
  peer_answer(peer, send_call(peer, "\"text\":\"\"", 0));
  uint64_t before = processor_time(peer->pid);
  long last = send_call(peer, "\"release\":1", 0);
  peer_answer(peer, last);
  return (double)(processor_time(peer->pid) - before) / batch / 1000;
}

static void costs(struct peer *peer) {
  size_t rounds = (size_t)setting.rounds;
  double progress[rounds], result[rounds], ratio[rounds];
  report_title("a notification against a result of its length, processor time of the gateway");
  for (int warm = 0; warm < 3; warm++) cost_of_progress(peer), cost_of_results(peer);
  for (size_t round = 0; round < rounds; round++) {
    progress[round] = cost_of_progress(peer);
    result[round] = cost_of_results(peer);
    ratio[round] = progress[round] / result[round];
  }
  report("160 B, a result", median(result, rounds), "us", no_bound, 0);
  report("160 B, a progress notification", median(progress, rounds), "us", no_bound, 0);
  report("progress notification to result", median(ratio, rounds), "x", at_most, 1.5);
}

static void rates(struct peer *peer) {
  char arguments[64];
  report_title("progress to a client that reads");
  snprintf(arguments, sizeof arguments, "\"burst\":%d,\"pace\":%d", 2 * rate, rate);
  long count = count_progress(peer, send_call(peer, arguments, 1));
  report("sent at 20,000 a second, passed", 100.0 * (double)count / (2 * rate), "%", at_least, 100);
  snprintf(arguments, sizeof arguments, "\"burst\":%d", flood_count);
  uint64_t before = nanoseconds();
  count = count_progress(peer, send_call(peer, arguments, 1));
  double seconds = (double)(nanoseconds() - before) / 1e9;
  report("sent as fast as it goes, passed a second", (double)count / seconds / 1e6, "M/s", at_least,
         rate / 1e6);
}

static void slow_reader(struct peer *peer) {
  char arguments[64];
  report_title("progress to a client that reads slowly");
  fcntl(peer->from, F_SETPIPE_SZ, 1 << 16);
  sleep(1);
  double idle = megabytes(peer->pid, "VmRSS:");
  reset_peak(peer->pid);
  snprintf(arguments, sizeof arguments, "\"burst\":%d", flood_count);
  char wanted[32];
  int length = snprintf(wanted, sizeof wanted, "\"id\":%ld,", send_call(peer, arguments, 1));
  size_t whole = peer->capacity;
  peer->capacity = 1 << 16;
  for (int is_answered = 0; !is_answered; usleep(20000)) {
    struct line line;
    peer_read(peer);
    while (peer_next(peer, &line))
      is_answered |= memmem(line.bytes, line.length, wanted, (size_t)length) != NULL;
  }
  peer->capacity = whole;
  report("32 MB of notifications, above idle", megabytes(peer->pid, "VmHWM:") - idle, "MB", at_most,
         4);
}

static pid_t service_of(struct peer *peer) {
  char path[64];
  int pid = 0;
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", peer->pid, peer->pid);
  FILE *file = fopen(path, "re");
  int best = 0;
  while (file && fscanf(file, "%d", &pid) == 1) {
    char name[64], text[32] = "";
    snprintf(name, sizeof name, "/proc/%d/comm", pid);
    FILE *comm = fopen(name, "re");
    if (comm && fgets(text, sizeof text, comm) && strncmp(text, "echo", 4) == 0) best = pid;
    if (comm) fclose(comm);
  }
  if (file) fclose(file);
  if (!best) fail("the service is not among the children of the gateway");
  return best;
}

/// What the service tells of the lines that it has read.
static double told(struct peer *peer, const char *key) {
  struct line line = peer_answer(peer, send_call(peer, "\"tell\":1", 0));
  const char *found = memmem(line.bytes, line.length, key, strlen(key));
  if (!found) fail("the service does not tell: %.200s", line.bytes);
  return atof(found + strlen(key));
}

/// Stops a process. The signal takes effect when the process runs next, and until then it reads what
/// comes.
static void stop(pid_t process) {
  char path[64], text[512];
  snprintf(path, sizeof path, "/proc/%d/stat", process);
  kill(process, SIGSTOP);
  for (int look = 0; look < 1000; look++) {
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file) fclose(file);
    text[length] = 0;
    const char *name_end = strrchr(text, ')');
    if (name_end && !strncmp(name_end, ") T", 3)) return;
    usleep(1000);
  }
  fail("the service does not stop");
}

static void cancel_overtakes(struct peer *peer) {
  char path[64], line[64];
  report_title("a cancel behind 8 MiB of calls for a service that does not read");
  long victim = send_call(peer, "\"hold\":1", 0);
  double earlier = told(peer, "\"read\":"), earlier_bytes = told(peer, "\"bytesRead\":");
  pid_t service = service_of(peer);
  snprintf(path, sizeof path, "/proc/%d/fd/0", service);
  int pipe = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  long in_pipe = pipe < 0 ? 1 << 20 : fcntl(pipe, F_GETPIPE_SZ);
  if (pipe >= 0) close(pipe);
  stop(service);
  struct call call = call_of(900);
  long first = 2000000000;
  for (int i = 0; i < queued_calls; i++) {
    call_number(&call, first + i);
    peer_send(peer, call.bytes, call.length);
  }
  // All of it has been read when this is answered.
  static const char ping[] = "{\"jsonrpc\":\"2.0\",\"id\":99,\"method\":\"ping\"}\n";
  peer_send(peer, ping, sizeof ping - 1);
  peer_answer(peer, 99);
  int n = snprintf(line, sizeof line, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",");
  peer_send(peer, line, (size_t)n);
  n = snprintf(line, sizeof line, "\"params\":{\"requestId\":%ld}}\n", victim);
  peer_send(peer, line, (size_t)n);
  peer_send(peer, ping, sizeof ping - 1);
  peer_answer(peer, 99);
  kill(service, SIGCONT);
  peer_answer(peer, first + queued_calls - 1);
  report("lines that the service read before the cancel",
         told(peer, "\"before\":") - earlier - 1, "", no_bound, 0);
  // What the pipe holds is written and cannot be overtaken; a line may lie across its end.
  report("their bytes", told(peer, "\"bytesBefore\":") - earlier_bytes, "", at_most,
         (double)in_pipe + (double)call.length);
  free(call.bytes);
}

void measure_notices(void) {
  char directory[512];
  snprintf(directory, sizeof directory, "%s/notices", setting.folder);
  write_configuration(directory);
  // A check would be one more line that the service reads.
  write_file(directory, "config/gateway.yaml", "health: { every: 0s }\n");
  struct peer peer = peer_start_gateway(directory);
  peer_open(&peer);
  peer_answer(&peer, send_call(&peer, "\"text\":\"\"", 0));
  costs(&peer);
  rates(&peer);
  slow_reader(&peer);
  peer_stop(&peer);
  // A service that has read nothing yet.
  peer = peer_start_gateway(directory);
  peer_open(&peer);
  cancel_overtakes(&peer);
  peer_stop(&peer);
}
