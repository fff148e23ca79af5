// A call of a REST tool against the same request made with libcurl alone, on a
// connection that is kept alive, and what memory large bodies take on the way.

#include "bench.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { large = 12 << 20, huge = 100 << 20, delay_us = 2000 };

// MARK: The API, a process of its own

static void send_all(int socket, const char *bytes, size_t length) {
  while (length) {
    ssize_t n = send(socket, bytes, length, MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes += n;
    length -= (size_t)n;
  }
}

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
  send_all(socket, bytes, (size_t)n + fill + sizeof tail - 1);
  free(bytes);
}

static void *serve(void *argument) {
  int socket = (int)(intptr_t)argument;
  size_t held = 0, capacity = 64 << 10;
  char *buffer = malloc(capacity + 1);
  for (;;) {
    char *end;
    buffer[held] = 0;
    while (!(end = memmem(buffer, held, "\r\n\r\n", 4))) {
      ssize_t n = recv(socket, buffer + held, capacity - held, 0);
      if (n <= 0) goto done;
      held += (size_t)n;
      buffer[held] = 0;
    }
    char *length = strcasestr(buffer, "\r\ncontent-length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    size_t have = held - (size_t)(end + 4 - buffer);
    char path[64] = "";
    sscanf(buffer, "%*s %63s", path);
    while (have < body) {
      ssize_t n = recv(socket, buffer, capacity, 0);
      if (n <= 0) goto done;
      have += (size_t)n;
    }
    held = 0;
    if (strncmp(path, "/slow", 5) == 0) usleep(delay_us);
    send_json(socket, strncmp(path, "/large", 6) == 0 ? large : strncmp(path, "/huge", 5) == 0 ? huge : 300);
  }
done:
  close(socket);
  free(buffer);
  return NULL;
}

/// Starts the server; returns its port.
static int start_server(pid_t *pid) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
  if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 64)
      || getsockname(listener, (struct sockaddr *)&address, &size))
    fail("no port for the server: %s", strerror(errno));
  *pid = fork();
  if (*pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
      pthread_t thread;
      int socket = accept(listener, NULL, NULL);
      if (socket < 0) continue;
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)socket) == 0) pthread_detach(thread);
    }
  }
  close(listener);
  return ntohs(address.sin_port);
}

// MARK: The two subjects

static void write_configuration(const char *directory, int port) {
  char path[600];
  mkdir(directory, 0700);
  snprintf(path, sizeof path, "%s/config", directory);
  mkdir(path, 0700);
  snprintf(path, sizeof path, "%s/config/gateway.yaml", directory);
  FILE *file = fopen(path, "we");
  fprintf(file, "limits: {client_message: 20MiB}\n");
  fclose(file);
  snprintf(path, sizeof path, "%s/config/manifests", directory);
  mkdir(path, 0700);
  snprintf(path, sizeof path, "%s/config/manifests/api.yaml", directory);
  file = fopen(path, "we");
  fprintf(file,
          "service: api\nrest:\n  url: http://127.0.0.1:%d\n  envelope: data\ntools:\n"
          "  get:\n    description: Gets one.\n    arguments:\n"
          "      where: {type: string, required: true, in: path}\n    get: /{where}/1\n"
          "  put:\n    description: Uploads one.\n    arguments:\n"
          "      file: {type: string, format: base64, required: true, in: form, file: {}}\n"
          "    post: /upload\n    envelope: {request: \"\", answer: data}\n",
          port);
  fclose(file);
}

static size_t discard(char *bytes, size_t size, size_t count, void *length) {
  (void)bytes;
  *(size_t *)length += size * count;
  return size * count;
}

static CURL *curl_for(int port, const char *path) {
  char url[128];
  CURL *curl = curl_easy_init();
  static struct curl_slist *headers;
  headers = curl_slist_append(NULL, "Accept: application/json");
  snprintf(url, sizeof url, "http://127.0.0.1:%d/%s/1", port, path);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  return curl;
}

static void curl_round(CURL *curl, int count, uint64_t *times) {
  for (int i = 0; i < count; i++) {
    size_t length = 0;
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &length);
    uint64_t before = nanoseconds();
    if (curl_easy_perform(curl) != CURLE_OK || length != 300) fail("libcurl got no answer");
    times[i] = nanoseconds() - before;
  }
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

static void gateway_round(struct peer *peer, const char *path, int count, uint64_t *times) {
  for (int i = 0; i < count; i++) {
    uint64_t before = nanoseconds();
    if (call(peer, "api_get", "where", path, strlen(path)) < 300) fail("the tool failed");
    times[i] = nanoseconds() - before;
  }
}

static double middle(uint64_t *times, int count) {
  qsort(times, (size_t)count, sizeof *times, compare_u64);
  return (double)times[count / 2] / 1000;
}

static void latency_of(struct peer *peer, int port, const char *path, const char *label, int count) {
  uint64_t *times = malloc((size_t)count * sizeof *times);
  double alone[setting.rounds], through[setting.rounds], ratio[setting.rounds], added[setting.rounds];
  char name[80];
  CURL *curl = curl_for(port, path);
  curl_round(curl, 20, times);
  gateway_round(peer, path, 20, times);
  for (int round = 0; round < setting.rounds; round++) {
    curl_round(curl, count, times);
    alone[round] = middle(times, count);
    gateway_round(peer, path, count, times);
    through[round] = middle(times, count);
    ratio[round] = through[round] / alone[round];
    added[round] = through[round] - alone[round];
  }
  int is_slow = strcmp(path, "slow") == 0;
  size_t rounds = (size_t)setting.rounds;
  snprintf(name, sizeof name, "%s, libcurl alone, p50", label);
  report(name, median(alone, rounds), "us", no_bound, 0);
  snprintf(name, sizeof name, "%s, REST tool, p50", label);
  report(name, median(through, rounds), "us", no_bound, 0);
  snprintf(name, sizeof name, "%s, REST tool to libcurl, p50", label);
  report(name, median(ratio, rounds), "x", is_slow ? at_most : no_bound, 1.3);
  snprintf(name, sizeof name, "%s, added by the gateway, p50", label);
  report(name, median(added, rounds), "us", is_slow ? no_bound : at_most, 80);
  curl_easy_cleanup(curl);
  free(times);
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
  pid_t server;
  report_title("a REST tool against libcurl alone");
  snprintf(directory, sizeof directory, "%s/rest", setting.folder);
  // The server and the gateway, which are started here, stay where they are pinned.
  pin(setting.cpu);
  int port = start_server(&server);
  write_configuration(directory, port);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  struct peer peer = peer_start_gateway(directory);
  peer_open(&peer);
  latency_of(&peer, port, "slow", "server takes 2 ms", 60);
  latency_of(&peer, port, "fast", "server takes no time", 500);
  pin(-1);
  report_title("memory while large bodies pass");
  memory_of(&peer);
  peer_stop(&peer);
  kill(server, SIGKILL);
  waitpid(server, NULL, 0);
}
