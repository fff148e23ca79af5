// Configurations for the gateway under test, and who is still alive after it.

#include "bench.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_folder(const char *directory, const char *name) {
  char path[512];
  snprintf(path, sizeof path, "%s%s%s", directory, *name ? "/" : "", name);
  if (mkdir(path, 0700) && errno != EEXIST) fail("%s: %s", path, strerror(errno));
}

void configure(const char *directory, int services, int tools, int faults) {
  char path[512], name[32];
  make_folder(directory, "");
  make_folder(directory, "config");
  make_folder(directory, "state");
  make_folder(directory, "config/manifests");
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

int marked_processes(void) { return for_marked(0); }

void kill_marked_processes(void) {
  while (for_marked(SIGKILL)) usleep(10000);
}
