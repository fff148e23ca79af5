// Configurations for the gateway under test, and who is still alive after it.

#include "bench.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void make_folder(const char *directory, const char *name) {
  char path[512];
  snprintf(path, sizeof path, "%s%s%s", directory, *name ? "/" : "", name);
  if (mkdir(path, 0700) && errno != EEXIST) fail("%s: %s", path, strerror(errno));
}

void make_folders(const char *directory) {
  make_folder(directory, "");
  make_folder(directory, "config");
  make_folder(directory, "state");
  make_folder(directory, "config/manifests");
}

void write_file(const char *directory, const char *name, const char *format, ...) {
  char path[600];
  va_list arguments;
  snprintf(path, sizeof path, "%s/%s", directory, name);
  FILE *file = fopen(path, "we");
  if (!file) fail("%s: %s", path, strerror(errno));
  va_start(arguments, format);
  vfprintf(file, format, arguments);
  va_end(arguments);
  fclose(file);
  chmod(path, 0600);
}

const char *marked_environment(const char *more) {
  static char text[512];
  const char *equals = strchr(setting.marker, '=');
  snprintf(text, sizeof text, "env: { %.*s: \"%s\"%s }", (int)(equals - setting.marker),
           setting.marker, equals + 1, more);
  return text;
}

void configure(const char *directory, int services, int tools, int faults) {
  char path[512], name[32];
  make_folders(directory);
  for (int i = 0; i < services; i++) {
    snprintf(name, sizeof name, services == 1 ? "bench" : "bench%d", i);
    snprintf(path, sizeof path, "%s/config/manifests/%s.yaml", directory, name);
    FILE *file = fopen(path, "we");
    if (!file) fail("%s: %s", path, strerror(errno));
    const char *equals = strchr(setting.marker, '=');
    fprintf(file, "process:\n  command: %s\n  args: [%s, \"%d\"%s]\n  env: { %.*s: \"%s\" }\n",
            setting.echo, name, tools, faults ? ", --faults" : "",
            (int)(equals - setting.marker), setting.marker, equals + 1);
    fclose(file);
    chmod(path, 0600);
  }
}

static int carries_marker(const char *pid) {
  static char environment[1 << 17];
  char path[320];
  snprintf(path, sizeof path, "/proc/%s/environ", pid);
  int descriptor = open(path, O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return 0;
  size_t used = 0;
  ssize_t n;
  while ((n = read(descriptor, environment + used, sizeof environment - used)) > 0)
    used += (size_t)n;
  close(descriptor);
  return memmem(environment, used, setting.marker, strlen(setting.marker)) != NULL;
}

static int for_marked(int signal_number) {
  int count = 0;
  DIR *processes = opendir("/proc");
  struct dirent *entry;
  while (processes && (entry = readdir(processes))) {
    if (!isdigit((unsigned char)entry->d_name[0]) || !carries_marker(entry->d_name)) continue;
    count++;
    if (signal_number) kill(atoi(entry->d_name), signal_number);
  }
  if (processes) closedir(processes);
  return count;
}

int children_with(pid_t gateway, const char *word, pid_t *pids, int most) {
  char path[64], line[4096];
  static char children[1 << 16];
  int count = 0;
  snprintf(path, sizeof path, "/proc/%d/task/%d/children", gateway, gateway);
  FILE *file = fopen(path, "re");
  if (!file) return 0;
  children[fread(children, 1, sizeof children - 1, file)] = 0;
  fclose(file);
  for (char *child = strtok(children, " "); child && count < most; child = strtok(NULL, " ")) {
    snprintf(path, sizeof path, "/proc/%s/cmdline", child);
    if (!(file = fopen(path, "re"))) continue;
    size_t length = fread(line, 1, sizeof line, file);
    fclose(file);
    if (memmem(line, length, word, strlen(word))) pids[count++] = atoi(child);
  }
  return count;
}

uint64_t processor_time(pid_t pid) {
  clockid_t clock;
  struct timespec used;
  if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &used))
    fail("the clock of process %d cannot be read", pid);
  return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

int marked_processes(void) { return for_marked(0); }

void kill_marked_processes(void) {
  while (for_marked(SIGKILL)) usleep(10000);
}
