// A remote MCP server against the same POST made with libcurl alone; a thousand
// streams at a time; and a server that goes away and comes back.

#include "bench.h"

#include <limits.h>
#include <linux/futex.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { delay_us = 2000, streams = 1000, held_calls = 50, returns = 5, text_size = 200 };
enum { first_id = 2000000000, most_calls = 10000 };

// MARK: The server, a process of its own

/// What the driver and its server share: calls that are held until they are let go.
static struct shared {
  atomic_int held, most_held, released, executed;
} *shared;

static void send_body(int socket, const char *status, const char *more, const char *body) {
  char text[2048];
  int n = snprintf(text, sizeof text,
                   "HTTP/1.1 %s\r\n%sContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                   status, more, strlen(body), body);
  web_send(socket, text, (size_t)n);
}

static const char stream_head[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

/// One event and the end of the stream, behind `head`.
static void send_event(int socket, const char *head, const char *message) {
  char text[2048];
  int n = snprintf(text, sizeof text, "%s%zx\r\nevent: message\ndata: %s\n\n\r\n0\r\n\r\n", head,
                   strlen(message) + 23, message);
  web_send(socket, text, (size_t)n);
}

/// Waits until the driver lets all calls go, asleep: a thousand threads that look every 2 ms leave
/// the gateway no processor.
static void hold(void) {
  int now = atomic_fetch_add(&shared->held, 1) + 1, most = atomic_load(&shared->most_held);
  while (now > most && !atomic_compare_exchange_weak(&shared->most_held, &most, now)) continue;
  while (!atomic_load(&shared->released))
    syscall(SYS_futex, &shared->released, FUTEX_WAIT, 0, NULL, NULL, 0);
  atomic_fetch_sub(&shared->held, 1);
}

static void answer_call(int socket, const char *path, const char *id) {
  char message[1024];
  static char text[text_size + 1];
  memset(text, 'x', text_size);
  snprintf(message, sizeof message,
           "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"resultType\":\"complete\",\"content\":[{"
           "\"type\":\"text\",\"text\":\"%s\"}]}}",
           id, text);
  atomic_fetch_add(&shared->executed, 1);
  if (strstr(path, "slow")) usleep(delay_us);
  if (strstr(path, "held")) {
    web_send(socket, stream_head, sizeof stream_head - 1);
    hold();
    send_event(socket, "", message);
  } else if (strstr(path, "events")) {
    send_event(socket, stream_head, message);
  } else {
    send_body(socket, "200 OK", "", message);
  }
}

static void answer(int socket, const struct web_request *request) {
  char id[64] = "", session[64], wanted[64], body[1024];
  const char *found = memmem(request->body, request->length, "\"id\":", 5);
  const char *method = memmem(request->body, request->length, "\"method\":\"", 10);
  if (strcmp(request->method, "POST"))
    return send_body(socket, request->method[0] == 'G' ? "405 No" : "200 OK", "", "");
  if (!found) return send_body(socket, "202 Accepted", "", "");
  sscanf(found + 5, "%63[^,}]", id);
  method = method ? method + 10 : "";
  snprintf(session, sizeof session, "Mcp-Session-Id: s%d\r\n", getpid());
  if (strncmp(method, "initialize\"", 11) == 0) {
    snprintf(body, sizeof body,
             "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"protocolVersion\":\"2025-11-25\","
             "\"serverInfo\":{\"name\":\"far\",\"version\":\"1\"},\"capabilities\":{\"tools\":{}}}}",
             id);
    return send_body(socket, "200 OK", session, body);
  }
  // A server that was started anew knows no session of the one before.
  snprintf(wanted, sizeof wanted, "s%d\r\n", getpid());
  char *given = strcasestr(request->bytes, "\nmcp-session-id: ");
  if (given && given < request->body && strncmp(given + 17, wanted, strlen(wanted)))
    return send_body(socket, "404 Not Found", "", "");
  if (strncmp(method, "tools/call\"", 11) == 0) return answer_call(socket, request->path, id);
  snprintf(body, sizeof body,
           "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"resultType\":\"complete\",\"ttlMs\":0,"
           "\"cacheScope\":\"private\",%s}}",
           id,
           strncmp(method, "tools/list\"", 11) == 0
               ? "\"tools\":[{\"name\":\"echo\",\"inputSchema\":{\"type\":\"object\"}}]"
               : "\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}}");
  send_body(socket, "200 OK", "", body);
}

static void *serve(void *argument) {
  int socket = (int)(intptr_t)argument;
  struct web_request request = {0};
  while (web_read(socket, &request)) answer(socket, &request);
  close(socket);
  free(request.bytes);
  return NULL;
}

static void make_room(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  if (!shared)
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  memset(shared, 0, sizeof *shared);
}

// MARK: Latency

static void add_service(const char *directory, const char *name, int port, const char *protocol) {
  char file[128];
  snprintf(file, sizeof file, "config/manifests/%s.yaml", name);
  write_file(directory, file,
             "http: { url: \"http://127.0.0.1:%d/%s\", protocol: \"%s\" }\n"
             "limits: { concurrent: 2000, queue: 2000 }\n",
             port, name, protocol);
}

static void latency_of(struct peer *peer, int port, const char *name, const char *label, int calls) {
  static const char *const legacy[] = {
      "Accept: application/json, text/event-stream", "Content-Type: application/json",
      "MCP-Protocol-Version: 2025-11-25", NULL};
  static const char *const modern[] = {
      "Accept: application/json, text/event-stream", "Content-Type: application/json",
      "MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: echo", NULL};
  char path[64], tool[64];
  struct web_contest contest = {label, "remote tool", strstr(name, "slow") != NULL, calls, text_size};
  snprintf(path, sizeof path, "/%s", name);
  snprintf(tool, sizeof tool, "%s_echo", name);
  // What the server gets of either: the gateway's name of the tool is not in it.
  struct call alone = call_to("echo", text_size), through = call_to(tool, text_size);
  CURL *curl = web_curl(port, path, strstr(name, "modern") ? modern : legacy);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)alone.length - 1);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, alone.bytes);
  web_compare(&contest, curl, peer, &through);
  curl_easy_cleanup(curl);
  free(alone.bytes);
  free(through.bytes);
}

void measure_remote(void) {
  static const struct {
    const char *name, *protocol, *label;
    int calls;
  } cells[] = {
      {"json", "legacy", "legacy, JSON", 300},
      {"events", "legacy", "legacy, stream", 300},
      {"json-modern", "2026-07-28", "modern, JSON", 300},
      {"events-modern", "2026-07-28", "modern, stream", 300},
      {"json-slow", "legacy", "legacy, JSON, server takes 2 ms", 60},
      {"events-modern-slow", "2026-07-28", "modern, stream, server takes 2 ms", 60},
  };
  static const char list[] = "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/list\"}\n";
  char directory[512];
  report_title("a tool of a remote server against libcurl alone");
  snprintf(directory, sizeof directory, "%s/remote", setting.folder);
  make_folders(directory);
  make_room();
  // The server and the gateway, which are started here, stay where they are pinned.
  pin(setting.cpu);
  struct web_listener listener = web_listen(0);
  pid_t server = web_serve(listener, serve);
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
    add_service(directory, cells[i].name, listener.port, cells[i].protocol);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  struct peer peer = peer_start_gateway(directory);
  peer_open(&peer);
  // The services announce their lists; then all that comes is answers.
  sleep(1);
  peer_send(&peer, list, sizeof list - 1);
  peer_answer(&peer, 3);
  for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
    latency_of(&peer, listener.port, cells[i].name, cells[i].label, cells[i].calls);
  pin(-1);
  peer_stop(&peer);
  web_stop(server);
}

// MARK: Many at once, and an end of the server

/// Calls by number, with how often each was answered.
static struct {
  unsigned char answers[most_calls];
  int sent, answered, good;
} book;

static void send_call(struct peer *peer, const char *tool) {
  struct call call = call_to(tool, text_size);
  if (book.sent == most_calls) fail("more calls than there is room for");
  call_number(&call, first_id + book.sent++);
  peer_send(peer, call.bytes, call.length);
  free(call.bytes);
}

/// Takes what has come; nobody may be answered twice.
static void take_answers(struct peer *peer) {
  struct line line;
  peer_read(peer);
  while (peer_next(peer, &line)) {
    const char *id = memmem(line.bytes, line.length, "\"id\":", 5);
    int number = id ? atoi(id + 5) - first_id : -1;
    if (number < 0 || number >= book.sent) continue;
    if (book.answers[number]++) fail("a second answer: %.300s", line.bytes);
    book.answered++;
    book.good += memmem(line.bytes, line.length, "\"result\"", 8) != NULL;
  }
}

static void wait_for_held(int count) {
  uint64_t until = nanoseconds() + 20000000000u;
  while (atomic_load(&shared->held) < count)
    if (nanoseconds() < until) usleep(1000);
    else fail("%d of %d calls are with the server", atomic_load(&shared->held), count);
}

void measure_streams(void) {
  char directory[512];
  report_title("1,000 calls in flight at a remote server, each with a stream of its own");
  snprintf(directory, sizeof directory, "%s/streams", setting.folder);
  make_folders(directory);
  make_room();
  memset(&book, 0, sizeof book);
  struct web_listener listener = web_listen(0);
  pid_t server = web_serve(listener, serve);
  add_service(directory, "held", listener.port, "2026-07-28");
  add_service(directory, "json", listener.port, "2026-07-28");
  struct peer peer = peer_start_gateway(directory);
  peer_open(&peer);
  send_call(&peer, "json_echo");
  while (book.answered < 1) take_answers(&peer);
  sleep(1);
  double idle = megabytes(peer.pid, "VmRSS:");
  reset_peak(peer.pid);
  uint64_t before = nanoseconds();
  for (int i = 0; i < streams; i++) send_call(&peer, "held_echo");
  wait_for_held(streams);
  report("until all are with the server", (double)(nanoseconds() - before) / 1e6, "ms", no_bound, 0);
  before = nanoseconds();
  atomic_store(&shared->released, 1);
  syscall(SYS_futex, &shared->released, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
  while (book.answered < book.sent) take_answers(&peer);
  report("from their release to the last answer", (double)(nanoseconds() - before) / 1e6, "ms",
         no_bound, 0);
  report("streams that were open at once", atomic_load(&shared->most_held), "", at_least, streams);
  report("calls answered exactly once, with a result", book.good - 1, "", at_least, streams);
  report("memory over idle, peak", megabytes(peer.pid, "VmHWM:") - idle, "MB", no_bound, 0);
  peer_stop(&peer);
  web_stop(server);
}

/// Calls every 10 ms until one has a result; returns when that was.
static uint64_t call_until_good(struct peer *peer) {
  int good = book.good;
  for (;;) {
    send_call(peer, "json_echo");
    while (book.answered < book.sent) take_answers(peer);
    if (book.good > good) return nanoseconds();
    usleep(10000);
  }
}

/// Has calls with the server that it keeps. Those that were lost before may have opened the breaker of
/// their service: what it refuses is asked again until it lets one through.
static void hold_calls(struct peer *peer) {
  uint64_t until = nanoseconds() + 20000000000u;
  struct pollfd answer = {.fd = peer->from, .events = POLLIN};
  atomic_store(&shared->held, 0);
  for (int held = 0; held < held_calls;) {
    int answered = book.answered;
    send_call(peer, "held_echo");
    while (atomic_load(&shared->held) <= held && book.answered == answered) {
      if (nanoseconds() > until) fail("%d of %d calls are with the server", held, held_calls);
      if (poll(&answer, 1, 1) > 0) take_answers(peer);
    }
    if (book.answered == answered) held++;
    else usleep(10000);
  }
}

/// The server is killed with calls in flight, and is there again after a while.
static double come_back(struct peer *peer, int port, pid_t *server, int outage_ms) {
  hold_calls(peer);
  int good = book.good;
  web_stop(*server);
  while (book.answered < book.sent) take_answers(peer);
  // Meanwhile the client goes on asking; it is told that nobody is there.
  for (uint64_t end = nanoseconds() + (uint64_t)outage_ms * 1000000u; nanoseconds() < end;) {
    send_call(peer, "json_echo");
    while (book.answered < book.sent) take_answers(peer);
    usleep(10000);
  }
  if (book.good != good) fail("a call was answered by a server that is not there");
  struct web_listener listener = web_listen(port);
  uint64_t back = nanoseconds();
  *server = web_serve(listener, serve);
  return (double)(call_until_good(peer) - back) / 1e6;
}

static void returns_of(const char *protocol, const char *label) {
  static const int outages[returns] = {100, 400, 1000, 2500, 6000};
  char directory[512], name[96];
  double worst = 0;
  snprintf(directory, sizeof directory, "%s/return-%s", setting.folder, label);
  make_folders(directory);
  make_room();
  memset(&book, 0, sizeof book);
  struct web_listener listener = web_listen(0);
  pid_t server = web_serve(listener, serve);
  add_service(directory, "held", listener.port, protocol);
  add_service(directory, "json", listener.port, protocol);
  struct peer peer = peer_start_gateway(directory);
  peer_open(&peer);
  call_until_good(&peer);
  for (int i = 0; i < returns; i++) {
    double time = come_back(&peer, listener.port, &server, outages[i]);
    if (time > worst) worst = time;
  }
  // What comes late would be a second answer.
  usleep(200000);
  send_call(&peer, "json_echo");
  while (book.answered < book.sent) take_answers(&peer);
  snprintf(name, sizeof name, "%s, from its return to a result, worst of %d", label, returns);
  report(name, worst, "ms", at_most, 1000);
  snprintf(name, sizeof name, "%s, calls that were answered exactly once", label);
  report(name, book.answered, "", at_least, book.sent);
  int lost = returns * held_calls + book.good - atomic_load(&shared->executed);
  snprintf(name, sizeof name, "%s, executions that no call explains", label);
  report(name, lost < 0 ? -lost : 0, "", at_most, 0);
  // The server has been forked with our end of the gateway's input.
  web_stop(server);
  peer_stop(&peer);
}

void measure_return(void) {
  report_title("a remote server that is killed with 50 calls in flight and comes back");
  returns_of("legacy", "legacy");
  returns_of("2026-07-28", "modern");
}
