// Measures a gateway against a direct call and a bare relay of bytes, in one
// run, and says which limits it keeps. `make bench` calls it; see README.md.

#include "bench.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct setting setting = {.cpu = 0, .rounds = 15};

uint64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fprintf(stderr, "bench: ");
  vfprintf(stderr, format, arguments);
  fprintf(stderr, "\n");
  va_end(arguments);
  kill_marked_processes();
  exit(2);
}

int compare_u64(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

int compare_double(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double median(double *values, size_t count) {
  qsort(values, count, sizeof *values, compare_double);
  return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static int is_wanted(const char *only, const char *part) { return !only || strstr(only, part); }

/// A machine that is shared has phases in which everything takes up to twice as long.
enum { most_attempts = 4, seconds_between_looks = 10, most_looks = 18 };
/// How much faster a direct call must be for a part to be measured again.
static const double faster = 1.2;

/// Waits until the machine is faster than it was in a part, in which a direct call took `then`;
/// returns whether that came about.
static int becomes_faster(double then) {
  for (int look = 0; look < most_looks; look++) {
    sleep(seconds_between_looks);
    if (pace() * faster <= then) return 1;
  }
  return 0;
}

/// Measures a part, and again where only times of it missed their limit and the machine has become
/// faster since. Without the gateway, that is: a direct call decides, before and after the part. On
/// a machine that is as fast as before, and of what is counted, a miss is a miss.
static void measure(const char *only, const char *part, void (*body)(void)) {
  if (!is_wanted(only, part)) return;
  const char *folder = setting.folder;
  char again[512];
  double first_pace = 0;
  for (int attempt = 1;; attempt++) {
    int first = report_count();
    double before = pace();
    body();
    double after = pace(), slower = before > after ? before : after;
    if (attempt == 1) first_pace = slower;
    int missed = report_missed_times_since(first);
    if (attempt > 1) {
      report("attempts, of which this is the last", attempt, "", no_bound, 0);
      report("a direct call, in the first attempt", first_pace, "us", no_bound, 0);
      report("a direct call, in the last", slower, "us", no_bound, 0);
    }
    if (!missed || attempt == most_attempts) break;
    printf("\n%d missed, a direct call took %.1f us: measured again if it takes %.1f\n", missed,
           slower, slower / faster);
    fflush(stdout);
    if (!becomes_faster(slower)) {
      printf("it does not: the machine is as fast as it was\n");
      break;
    }
    report_forget_since(first);
    // Nothing that the last attempt left behind makes a difference.
    snprintf(again, sizeof again, "%s/again%d", folder, attempt);
    make_folders(again);
    setting.folder = again;
  }
  setting.folder = folder;
}

static void usage(void) {
  fprintf(stderr,
          "bench --gateway FILE --relay FILE --echo FILE --fake FILE --command FILE\n"
          "      --folder SCRATCH\n"
          "      [--json FILE] [--commit TEXT] [--rounds N] [--cpu N, -1 for any]\n"
          "      [--only sequential,pipelined,start,memory,leftovers,rest,remote,streams,return,\n"
          "       flood,import,notices,reload,policies,cache,failover,ready,inflight,idle,\n"
          "       manifests]\n");
  exit(64);
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"gateway", 1, 0, 'g'}, {"relay", 1, 0, 'r'},  {"echo", 1, 0, 'e'},
      {"folder", 1, 0, 'f'},  {"json", 1, 0, 'j'},   {"commit", 1, 0, 'c'},
      {"rounds", 1, 0, 'n'},  {"cpu", 1, 0, 'p'},    {"only", 1, 0, 'o'},
      {"fake", 1, 0, 'k'},    {"command", 1, 0, 'm'},
      {0, 0, 0, 0}};
  const char *json = NULL, *commit = "unknown", *only = NULL;
  char marker[64];
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == 'g') setting.gateway = optarg;
    else if (option == 'r') setting.relay = optarg;
    else if (option == 'e') setting.echo = optarg;
    else if (option == 'f') setting.folder = optarg;
    else if (option == 'j') json = optarg;
    else if (option == 'c') commit = optarg;
    else if (option == 'n') setting.rounds = atoi(optarg);
    else if (option == 'p') setting.cpu = atoi(optarg);
    else if (option == 'o') only = optarg;
    else if (option == 'k') setting.fake = optarg;
    else if (option == 'm') setting.command = optarg;
    else usage();
  }
  if (!setting.gateway || !setting.relay || !setting.echo || !setting.folder || !setting.fake
      || !setting.command)
    usage();
  if (setting.rounds < 1) usage();
  snprintf(marker, sizeof marker, "SWITCHYARD_BENCH=%d-%lx", getpid(), (long)nanoseconds());
  setting.marker = marker;
  signal(SIGPIPE, SIG_IGN);
  measure(only, "sequential", measure_sequential);
  measure(only, "pipelined", measure_pipelined);
  measure(only, "start", measure_start);
  measure(only, "memory", measure_memory);
  measure(only, "leftovers", measure_leftovers);
  measure(only, "rest", measure_rest);
  measure(only, "remote", measure_remote);
  measure(only, "streams", measure_streams);
  measure(only, "return", measure_return);
  measure(only, "flood", measure_flood);
  measure(only, "import", measure_import);
  measure(only, "notices", measure_notices);
  measure(only, "reload", measure_reload);
  measure(only, "policies", measure_policies);
  measure(only, "cache", measure_cache);
  measure(only, "failover", measure_failover);
  measure(only, "ready", measure_ready);
  measure(only, "inflight", measure_inflight);
  measure(only, "idle", measure_idle);
  measure(only, "manifests", measure_manifests);
  return report_write(json, commit) ? 1 : 0;
}
