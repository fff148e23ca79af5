// A client's configuration with twenty servers: `switchyard add`, and the list
// of all their tools, for which the second run starts none of them.

#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { servers = 20, runs = 5 };

extern char **environ;

static void write_client(const char *directory) {
  char text[16384];
  const char *equals = strchr(setting.marker, '=');
  int n = 0;
  for (int i = 0; i < servers; i++)
    n += snprintf(text + n, sizeof text - (size_t)n,
                  "%s\"server %d\": {\"command\": \"%s\", \"args\": [\"server%d\", \"3\"], \"env\": "
                  "{\"API_KEY\": \"key-%d\", \"%.*s\": \"%s\"}}",
                  i ? ",\n  " : "", i, setting.echo, i, i, (int)(equals - setting.marker),
                  setting.marker, equals + 1);
  write_file(directory, "claude.json", "{\"mcpServers\": {\n  %s}}\n", text);
}

/// Returns how long the command took.
static double add(const char *directory) {
  char file[600], configuration[600], state[600];
  posix_spawn_file_actions_t actions;
  pid_t pid;
  int status = 0;
  snprintf(file, sizeof file, "%s/claude.json", directory);
  snprintf(configuration, sizeof configuration, "%s/config", directory);
  snprintf(state, sizeof state, "%s/state", directory);
  char *command[] = {(char *)setting.command, "add", "--from", file, "--yes", "--config",
                     configuration, "--state", state, NULL};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  uint64_t before = nanoseconds();
  int error = posix_spawn(&pid, command[0], &actions, NULL, command, environ);
  if (error) fail("%s does not start: %s", command[0], strerror(error));
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  double time = (double)(nanoseconds() - before) / 1e9;
  posix_spawn_file_actions_destroy(&actions);
  if (status) fail("'switchyard add' ended with %d", status);
  return time;
}

/// How many tools of the servers are listed.
static int tools_listed(const char *directory, double *seconds, int *spawned) {
  static const char list[] = "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/list\"}\n";
  uint64_t before = nanoseconds();
  struct peer peer = peer_start_gateway(directory);
  peer_open(&peer);
  *seconds = (double)(nanoseconds() - before) / 1e9;
  *spawned = marked_processes();
  peer_send(&peer, list, sizeof list - 1);
  struct line line = peer_answer(&peer, 3);
  int count = 0;
  const char *at = line.bytes, *end = at + line.length;
  for (; (at = memmem(at, (size_t)(end - at), "_echo_", 6)); at++) count++;
  peer_stop(&peer);
  return count;
}

void measure_import(void) {
  char directory[512];
  double seconds[runs], first, second;
  int spawned;
  report_title("a client's configuration with 20 servers");
  for (int run = 0; run < runs; run++) {
    snprintf(directory, sizeof directory, "%s/import%d", setting.folder, run);
    make_folders(directory);
    write_client(directory);
    seconds[run] = add(directory);
  }
  report("switchyard add, median", median(seconds, runs), "s", at_most, 1);
  tools_listed(directory, &first, &spawned);
  report("first run: process start to the answer of tools/list", first, "s", no_bound, 0);
  int listed = tools_listed(directory, &second, &spawned);
  report("second run: process start to the answer of tools/list", second * 1000, "ms", no_bound, 0);
  report("second run: tools in the list", listed, "", at_least, servers * 3);
  report("second run: servers that were started for it", spawned, "", at_most, 0);
}
