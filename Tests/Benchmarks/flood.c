// A million calls from a client that does not wait (row C22): 10,000 may be in
// flight, the rest is refused at once, and memory stays as it was.

#include "bench.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { million = 1000000, batch = 64, delay_ms = 500, first_id = 2000000000, client_calls = 10000 };

static void *write_all(void *argument) {
  struct peer *peer = argument;
  struct call call = call_to("bench_echo", 64);
  char *bytes = malloc(call.length * batch);
  for (int sent = 0; sent < million; sent += batch) {
    for (int i = 0; i < batch; i++) {
      call_number(&call, first_id + sent + i);
      memcpy(bytes + (size_t)i * call.length, call.bytes, call.length);
    }
    peer_send(peer, bytes, call.length * batch);
  }
  free(bytes);
  free(call.bytes);
  return NULL;
}

void measure_flood(void) {
  static unsigned char answers[million];
  char directory[512];
  pthread_t writer;
  struct line line;
  int results = 0, refusals = 0;
  report_title("1,000,000 calls from a client that does not wait");
  snprintf(directory, sizeof directory, "%s/flood", setting.folder);
  make_folders(directory);
  write_file(directory, "config/gateway.yaml", "limits: { client_calls: %d }\n", client_calls);
  write_file(directory, "config/manifests/bench.yaml",
             "process: { command: %s, args: [\"tools=1,delay=%d\"], start: always, %s }\n"
             "limits: { concurrent: 20000, queue: 20000 }\n",
             setting.fake, delay_ms, marked_environment(""));
  struct peer peer = peer_start_gateway(directory);
  peer_open(&peer);
  sleep(1);
  double idle = megabytes(peer.pid, "VmRSS:");
  reset_peak(peer.pid);
  uint64_t before = nanoseconds();
  if (pthread_create(&writer, NULL, write_all, &peer)) fail("no thread for the writer");
  while (results + refusals < million) {
    peer_read(&peer);
    while (peer_next(&peer, &line)) {
      const char *id = memmem(line.bytes, line.length, "\"id\":", 5);
      int number = id ? atoi(id + 5) - first_id : -1;
      if (number < 0 || number >= million) continue;
      if (answers[number]++) fail("a second answer: %.300s", line.bytes);
      if (memmem(line.bytes, line.length, "\"result\"", 8)) results++;
      else if (memmem(line.bytes, line.length, "-31004", 6)) refusals++;
      else fail("a call failed otherwise: %.300s", line.bytes);
    }
  }
  pthread_join(writer, NULL);
  report("all are answered after", (double)(nanoseconds() - before) / 1e9, "s", no_bound, 0);
  report("calls answered exactly once", results + refusals, "", at_least, million);
  report("of them with a result", results, "", at_least, client_calls);
  report("of them refused, with -31004", refusals, "", no_bound, 0);
  // Ten thousand calls, and what the client has not read yet: 32 MiB at most.
  report("memory over idle, peak", megabytes(peer.pid, "VmHWM:") - idle, "MB", at_most, 64);
  peer_stop(&peer);
}
