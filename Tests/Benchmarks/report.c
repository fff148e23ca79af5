// The table on stdout, the same rows as JSON, and the count of missed ones.

#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { most_rows = 192 };

static struct row {
  const char *title;
  char name[96];
  const char *unit;
  double value, limit;
  enum bound bound;
  int missed;
} rows[most_rows];
static int row_count;
static const char *current_title = "";

void report_title(const char *title) {
  current_title = title;
  printf("\n%s\n", title);
}

void report(const char *name, double value, const char *unit, enum bound bound, double limit) {
  if (row_count == most_rows) fail("more rows than the table holds");
  struct row *row = &rows[row_count++];
  *row = (struct row){.title = current_title, .unit = unit, .value = value, .limit = limit,
                      .bound = bound};
  snprintf(row->name, sizeof row->name, "%s", name);
  row->missed = (bound == at_most && !(value <= limit)) || (bound == at_least && !(value >= limit));
  printf("  %-52s %10.2f %-3s", name, value, unit);
  if (bound != no_bound)
    printf("  limit %s %.2f  %s", bound == at_most ? "<=" : ">=", limit,
           row->missed ? "MISSED" : "met");
  printf("\n");
  fflush(stdout);
}

int report_count(void) { return row_count; }

int report_missed_since(int first) {
  int missed = 0;
  for (int i = first; i < row_count; i++) missed += rows[i].missed;
  return missed;
}

/// What is counted does not depend on how fast a machine is: a call that was lost is lost.
static int is_time(const struct row *row) {
  static const char *const units[] = {"us", "ms", "s", "x", "M/s"};
  for (size_t i = 0; i < sizeof units / sizeof *units; i++)
    if (!strcmp(row->unit, units[i])) return 1;
  return 0;
}

int report_missed_times_since(int first) {
  int missed = 0;
  for (int i = first; i < row_count; i++) {
    if (rows[i].missed && !is_time(&rows[i])) return 0;
    missed += rows[i].missed;
  }
  return missed;
}

void report_forget_since(int first) { row_count = first; }

static void machine(char *text, size_t size) {
  struct utsname system;
  char line[256], model[128] = "unknown CPU";
  FILE *cpuinfo = fopen("/proc/cpuinfo", "re");
  while (cpuinfo && fgets(line, sizeof line, cpuinfo))
    if (sscanf(line, "model name : %127[^\n\"\\]", model) == 1) break;
  if (cpuinfo) fclose(cpuinfo);
  uname(&system);
  snprintf(text, size, "%s, %ld CPUs, Linux %s %s", model, sysconf(_SC_NPROCESSORS_ONLN),
           system.release, system.machine);
}

static void write_rows(FILE *file) {
  for (int i = 0; i < row_count; i++) {
    struct row *row = &rows[i];
    fprintf(file, "%s    {\"part\": \"%s\", \"name\": \"%s\", \"value\": %.4f, \"unit\": \"%s\"",
            i ? ",\n" : "", row->title, row->name, row->value, row->unit);
    if (row->bound != no_bound)
      fprintf(file, ", \"%s\": %.4f, \"met\": %s", row->bound == at_most ? "atMost" : "atLeast",
              row->limit, row->missed ? "false" : "true");
    fprintf(file, "}");
  }
}

int report_write(const char *path, const char *commit) {
  char text[512], date[32];
  time_t now = time(NULL);
  int missed = report_missed_since(0);
  machine(text, sizeof text);
  strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
  printf("\n%s, commit %s, %s\n", text, commit, date);
  printf("%d of %d rows missed their limit\n", missed, row_count);
  FILE *file = path ? fopen(path, "we") : NULL;
  if (path && !file) fail("%s cannot be written", path);
  if (!file) return missed;
  fprintf(file, "{\n  \"machine\": \"%s\",\n  \"commit\": \"%s\",\n  \"date\": \"%s\",\n", text,
          commit, date);
  fprintf(file, "  \"missed\": %d,\n  \"rows\": [\n", missed);
  write_rows(file);
  fprintf(file, "\n  ]\n}\n");
  fclose(file);
  return missed;
}
