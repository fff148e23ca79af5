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
  if (is_wanted(only, "sequential")) measure_sequential();
  if (is_wanted(only, "pipelined")) measure_pipelined();
  if (is_wanted(only, "start")) measure_start();
  if (is_wanted(only, "memory")) measure_memory();
  if (is_wanted(only, "leftovers")) measure_leftovers();
  if (is_wanted(only, "rest")) measure_rest();
  if (is_wanted(only, "remote")) measure_remote();
  if (is_wanted(only, "streams")) measure_streams();
  if (is_wanted(only, "return")) measure_return();
  if (is_wanted(only, "flood")) measure_flood();
  if (is_wanted(only, "import")) measure_import();
  if (is_wanted(only, "notices")) measure_notices();
  if (is_wanted(only, "reload")) measure_reload();
  if (is_wanted(only, "policies")) measure_policies();
  if (is_wanted(only, "cache")) measure_cache();
  if (is_wanted(only, "failover")) measure_failover();
  if (is_wanted(only, "ready")) measure_ready();
  if (is_wanted(only, "inflight")) measure_inflight();
  if (is_wanted(only, "idle")) measure_idle();
  if (is_wanted(only, "manifests")) measure_manifests();
  return report_write(json, commit) ? 1 : 0;
}
