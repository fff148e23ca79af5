// As many manifests as a folder may have: how soon the gateway has read them (row M12).

#include "bench.h"

#include <stdio.h>
#include <string.h>

enum { files = 10000, runs = 3 };

static const char tool[] = "_look\"";

static int tools_in(struct line line) {
  int count = 0;
  const char *at = line.bytes, *end = at + line.length;
  for (; (at = memmem(at, (size_t)(end - at), tool, strlen(tool))); at++) count++;
  return count;
}

/// Services of an API offer what their manifests say, so nothing is started and everything listed.
void measure_manifests(void) {
  static const char list[] = "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/list\"}\n";
  char directory[512], name[64];
  double seconds[runs];
  int listed = files;
  report_title("10,000 manifests, read at the start");
  snprintf(directory, sizeof directory, "%s/manifests", setting.folder);
  make_folders(directory);
  write_file(directory, "config/gateway.yaml", "limits: { page: 20000 }\n");
  for (int i = 0; i < files; i++) {
    snprintf(name, sizeof name, "config/manifests/bench%d.yaml", i);
    write_file(directory, name,
               "rest: { url: \"http://127.0.0.1:9\" }\n"
               "tools:\n  look:\n    description: Looks something up.\n"
               "    arguments:\n      id: { type: string, required: true }\n    get: \"/{id}\"\n");
  }
  hurry();
  for (int run = 0; run < runs; run++) {
    uint64_t before = nanoseconds();
    struct peer peer = peer_start_gateway(directory);
    peer_open(&peer);
    seconds[run] = (double)(nanoseconds() - before) / 1e9;
    peer_send(&peer, list, sizeof list - 1);
    int count = tools_in(peer_answer(&peer, 3));
    listed = count < listed ? count : listed;
    peer_stop(&peer);
  }
  pin(-1);
  report("process start to the answer of tools/list, median", median(seconds, runs), "s", at_most,
         2);
  report("services in the list", listed, "", at_least, files);
}
