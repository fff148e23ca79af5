// A call of a REST tool against the same request made with libcurl alone, on a
// connection that is kept alive, and what memory large bodies take on the way.

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { large = 12 << 20, huge = 100 << 20, delay_us = 2000 };

// MARK: The API, a process of its own

/// A JSON object that holds one long text, so that all of its answer is `length` bytes.
static void send_json(int socket, size_t length) {
  static const char head[] = "{\"data\":{\"gid\":\"1\",\"name\":\"";
  static const char tail[] = "\"}}";
  char line[128];
  size_t fill = length - (sizeof head - 1) - (sizeof tail - 1);
  int n = snprintf(line, sizeof line,
                   "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                   length, head);
  char *bytes = malloc((size_t)n + fill + sizeof tail);
  memcpy(bytes, line, (size_t)n);
  memset(bytes + n, 'x', fill);
  memcpy(bytes + (size_t)n + fill, tail, sizeof tail - 1);
  web_send(socket, bytes, (size_t)n + fill + sizeof tail - 1);
  free(bytes);
}

static void *serve(void *argument) {
  int socket = (int)(intptr_t)argument;
  struct web_request request = {0};
  while (web_read(socket, &request)) {
    const char *path = request.path;
    if (strncmp(path, "/slow", 5) == 0) usleep(delay_us);
    send_json(socket, strncmp(path, "/large", 6) == 0  ? large
                      : strncmp(path, "/huge", 5) == 0 ? huge
                                                       : 300);
  }
  close(socket);
  free(request.bytes);
  return NULL;
}

// MARK: The two subjects

static void write_configuration(const char *directory, int port) {
  make_folders(directory);
  write_file(directory, "config/gateway.yaml", "limits: {client_message: 20MiB}\n");
  write_file(directory, "config/manifests/api.yaml",
             "service: api\nrest:\n  url: http://127.0.0.1:%d\n  envelope: data\ntools:\n"
             "  get:\n    description: Gets one.\n    arguments:\n"
             "      where: {type: string, required: true, in: path}\n    get: /{where}/1\n"
             "  put:\n    description: Uploads one.\n    arguments:\n"
             "      file: {type: string, format: base64, required: true, in: form, file: {}}\n"
             "    post: /upload\n    envelope: {request: \"\", answer: data}\n",
             port);
}

static long next_id = 5000;

/// One call; returns the length of its answer's line.
static size_t call(struct peer *peer, const char *tool, const char *name, const char *value,
                   size_t length) {
  char head[256];
  int n = snprintf(head, sizeof head,
                   "{\"jsonrpc\":\"2.0\",\"id\":%ld,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\","
                   "\"arguments\":{\"%s\":\"",
                   ++next_id, tool, name);
  if (length < 128) {
    memcpy(head + n, value, length);
    memcpy(head + n + length, "\"}}}\n", 5);
    peer_send(peer, head, (size_t)n + length + 5);
  } else {
    peer_send(peer, head, (size_t)n);
    peer_send(peer, value, length);
    peer_send(peer, "\"}}}\n", 5);
  }
  return peer_answer(peer, next_id).length;
}

static void latency_of(struct peer *peer, int port, const char *where, const char *label, int calls) {
  static const char *const headers[] = {"Accept: application/json", NULL};
  char path[64];
  struct call call = call_of_text("api_get", "where", where);
  struct web_contest contest = {label, "REST tool", strcmp(where, "slow") == 0, calls, 300};
  snprintf(path, sizeof path, "/%s/1", where);
  CURL *curl = web_curl(port, path, headers);
  web_compare(&contest, curl, peer, &call);
  curl_easy_cleanup(curl);
  free(call.bytes);
}

// MARK: Memory

double megabytes(pid_t pid, const char *key) {
  char path[64], line[256];
  double value = -1;
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE *status = fopen(path, "re");
  while (status && fgets(line, sizeof line, status))
    if (strncmp(line, key, strlen(key)) == 0) value = atof(line + strlen(key)) / 1024;
  if (status) fclose(status);
  return value;
}

/// Forgets the peak so far.
void reset_peak(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/clear_refs", pid);
  FILE *file = fopen(path, "we");
  if (!file || fputs("5", file) < 0 || fclose(file)) fail("cannot reset the peak of memory");
}

static char *base64_of_zeros(size_t bytes, size_t *length) {
  *length = (bytes + 2) / 3 * 4;
  char *text = malloc(*length);
  memset(text, 'A', *length);
  return text;
}

static void memory_of(struct peer *peer) {
  call(peer, "api_get", "where", "fast", 4);
  sleep(1);
  double idle = megabytes(peer->pid, "VmRSS:");
  size_t length;
  report("idle, after one call", idle, "MB", no_bound, 0);
  reset_peak(peer->pid);
  if (call(peer, "api_get", "where", "large", 5) < large) fail("the large answer did not come");
  report("12 MiB answer, above idle", megabytes(peer->pid, "VmHWM:") - idle, "MB", at_most, 48);
  char *file = base64_of_zeros(large, &length);
  reset_peak(peer->pid);
  if (call(peer, "api_put", "file", file, length) < 300) fail("the upload failed");
  report("12 MiB upload, above idle", megabytes(peer->pid, "VmHWM:") - idle, "MB", at_most, 48);
  free(file);
  reset_peak(peer->pid);
  if (call(peer, "api_get", "where", "huge", 4) > 2000) fail("the huge answer came through");
  report("100 MB answer, refused, above idle", megabytes(peer->pid, "VmHWM:") - idle, "MB", at_most,
         40);
  // Its line is longer than the gateway takes, so the refusal names no id.
  file = base64_of_zeros(huge, &length);
  reset_peak(peer->pid);
  static const char head[] =
      "{\"jsonrpc\":\"2.0\",\"id\":4999,\"method\":\"tools/call\",\"params\":{\"name\":\"api_put\","
      "\"arguments\":{\"file\":\"";
  peer_send(peer, head, sizeof head - 1);
  peer_send(peer, file, length);
  peer_send(peer, "\"}}}\n", 5);
  struct line line = peer_line(peer);
  if (!memmem(line.bytes, line.length, "limit", 5)) fail("the refusal names no limit");
  report("100 MB upload, refused, above idle", megabytes(peer->pid, "VmHWM:") - idle, "MB", at_most,
         40);
  free(file);
}

void measure_rest(void) {
  char directory[512];
  report_title("a REST tool against libcurl alone");
  snprintf(directory, sizeof directory, "%s/rest", setting.folder);
  // The server and the gateway, which are started here, stay where they are pinned.
  pin(setting.cpu);
  struct web_listener listener = web_listen(0);
  pid_t server = web_serve(listener, serve);
  write_configuration(directory, listener.port);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  struct peer peer = peer_start_gateway(directory);
  peer_open(&peer);
  latency_of(&peer, listener.port, "slow", "server takes 2 ms", 60);
  latency_of(&peer, listener.port, "fast", "server takes no time", 500);
  pin(-1);
  report_title("memory while large bodies pass");
  memory_of(&peer);
  peer_stop(&peer);
  web_stop(server);
}
