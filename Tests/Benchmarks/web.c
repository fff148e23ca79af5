// What the parts that speak HTTP share: a server that is a process of its own,
// the same requests made by libcurl alone, and how the two are compared.

#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

// MARK: The server

void web_send(int socket, const char *bytes, size_t length) {
  while (length) {
    ssize_t n = send(socket, bytes, length, MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes += n;
    length -= (size_t)n;
  }
}

/// Reads until `held` bytes are there; 0 at the end of the connection.
static int fill(int socket, struct web_request *request, size_t held) {
  if (request->capacity < held + (64 << 10)) {
    request->capacity = held + (64 << 10);
    request->bytes = realloc(request->bytes, request->capacity + 1);
  }
  while (request->held < held) {
    ssize_t n = recv(socket, request->bytes + request->held, request->capacity - request->held, 0);
    if (n <= 0) return 0;
    request->held += (size_t)n;
  }
  request->bytes[request->held] = 0;
  return 1;
}

int web_read(int socket, struct web_request *request) {
  char *end;
  if (!fill(socket, request, request->held = 0)) return 0;
  do
    if (!fill(socket, request, request->held + 1)) return 0;
  while (!(end = memmem(request->bytes, request->held, "\r\n\r\n", 4)));
  size_t head = (size_t)(end + 4 - request->bytes);
  char *length = strcasestr(request->bytes, "\r\ncontent-length:");
  request->length = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
  if (sscanf(request->bytes, "%15s %63s", request->method, request->path) != 2) return 0;
  if (!fill(socket, request, head + request->length)) return 0;
  request->body = request->bytes + head;
  return 1;
}

struct web_listener web_listen(int port) {
  struct web_listener listener;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int one = 1;
  listener.socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(listener.socket, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener.socket, (struct sockaddr *)&address, size) || listen(listener.socket, 4096)
      || getsockname(listener.socket, (struct sockaddr *)&address, &size))
    fail("no port for the server: %s", strerror(errno));
  listener.port = ntohs(address.sin_port);
  return listener;
}

pid_t web_serve(struct web_listener listener, void *(*serve)(void *)) {
  int one = 1;
  pid_t pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 << 10);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    for (;;) {
      pthread_t thread;
      int socket = accept4(listener.socket, NULL, NULL, SOCK_CLOEXEC);
      if (socket < 0) continue;
      setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      if (pthread_create(&thread, &small, serve, (void *)(intptr_t)socket)) close(socket);
    }
  }
  close(listener.socket);
  return pid;
}

void web_stop(pid_t server) {
  kill(server, SIGKILL);
  waitpid(server, NULL, 0);
}

// MARK: libcurl alone

static size_t discard(char *bytes, size_t size, size_t count, void *length) {
  (void)bytes;
  *(size_t *)length += size * count;
  return size * count;
}

CURL *web_curl(int port, const char *path, const char *const headers[]) {
  char url[128];
  CURL *curl = curl_easy_init();
  // It lives as long as the handle, which is to the end of the part.
  struct curl_slist *list = NULL;
  for (; *headers; headers++) list = curl_slist_append(list, *headers);
  snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, discard);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  return curl;
}

static void curl_round(CURL *curl, int count, size_t least, uint64_t *times) {
  for (int i = 0; i < count; i++) {
    size_t length = 0;
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &length);
    uint64_t before = nanoseconds();
    if (curl_easy_perform(curl) != CURLE_OK || length < least) fail("libcurl got no answer");
    times[i] = nanoseconds() - before;
  }
}

static double middle(uint64_t *times, int count) {
  qsort(times, (size_t)count, sizeof *times, compare_u64);
  return (double)times[count / 2] / 1000;
}

void web_compare(const struct web_contest *contest, CURL *curl, struct peer *peer,
                 struct call *call) {
  int count = contest->calls;
  size_t rounds = (size_t)setting.rounds;
  uint64_t *times = malloc((size_t)count * sizeof *times);
  double alone[rounds], through[rounds], ratio[rounds], added[rounds];
  char name[96];
  curl_round(curl, 20, contest->least, times);
  one_round(peer, call, 20, times);
  for (size_t round = 0; round < rounds; round++) {
    curl_round(curl, count, contest->least, times);
    alone[round] = middle(times, count);
    one_round(peer, call, count, times);
    through[round] = middle(times, count);
    ratio[round] = through[round] / alone[round];
    added[round] = through[round] - alone[round];
  }
  free(times);
  snprintf(name, sizeof name, "%s, libcurl alone, p50", contest->label);
  report(name, median(alone, rounds), "us", no_bound, 0);
  snprintf(name, sizeof name, "%s, %s, p50", contest->label, contest->subject);
  report(name, median(through, rounds), "us", no_bound, 0);
  snprintf(name, sizeof name, "%s, %s to libcurl, p50", contest->label, contest->subject);
  report(name, median(ratio, rounds), "x", contest->is_slow ? at_most : no_bound, 1.3);
  snprintf(name, sizeof name, "%s, added by the gateway, p50", contest->label);
  report(name, median(added, rounds), "us", contest->is_slow ? no_bound : at_most, 80);
}
