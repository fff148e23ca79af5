// The service behind every measurement: an MCP server of the legacy era whose
// tools give the argument `text` back. It looks for two strings in a line and
// decodes nothing, so what is measured is the way to it and not its own work.
//
//   echo NAME TOOLS [--faults | --notices]
//
// With --faults, an argument `fault` makes it misbehave as a real child can:
// "crash" dies without an answer and leaves a grandchild behind; "linger"
// ignores end of input and SIGTERM from then on, and so does its grandchild.
//
// With --notices, a call is answered with a line of `same_length` bytes. Its argument
// `burst` is a number of progress notifications of the same length to send before,
// `pace` how many of them in a second; `hold` keeps the answer back until a call with
// `release`; `tell` answers how many lines and bytes came, and how many before the
// first cancel.

#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { input_capacity = 4 << 20, output_capacity = 1 << 18, envelope_limit = 512 };
enum { same_length = 160, most_held = 4096 };

static char input[input_capacity];
static char output[output_capacity];
static size_t queued;
static const char *name;
static int tools;
static int obeys_faults;
static int lingers;
static int sends_notices;
static long lines_read, lines_before_cancel = -1, bytes_read, bytes_before_cancel;
static char held[most_held][24];
static int held_count;

static void send_slices(struct iovec *slices, int count) {
  while (count > 0) {
    ssize_t n = writev(1, slices, count);
    if (n < 0) _exit(1);
    while (count > 0 && (size_t)n >= slices->iov_len) n -= (ssize_t)(slices++)->iov_len, count--;
    if (count > 0) slices->iov_base = (char *)slices->iov_base + n, slices->iov_len -= (size_t)n;
  }
}

static void flush(void) {
  struct iovec slice = {output, queued};
  if (queued) send_slices(&slice, 1);
  queued = 0;
}

/// Small answers are collected and leave in one write; large ones go from where they lie.
static void send_line(const char *head, size_t head_length, const char *body, size_t length,
                      const char *tail) {
  size_t tail_length = strlen(tail);
  if (queued + head_length + length + tail_length > output_capacity || length > 16384) flush();
  if (length > 16384) {
    struct iovec slices[3] = {
        {(char *)head, head_length}, {(char *)body, length}, {(char *)tail, tail_length}};
    return send_slices(slices, 3);
  }
  memcpy(output + queued, head, head_length);
  memcpy(output + queued + head_length, body, length);
  memcpy(output + queued + head_length + length, tail, tail_length);
  queued += head_length + length + tail_length;
}

static void linger_as_grandchild(int leaves_session) {
  if (fork() != 0) return;
  if (leaves_session) setsid();
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  for (;;) pause();
}

static void misbehave(const char *fault) {
  static int turn;
  if (strncmp(fault, "crash", 5) == 0) {
    flush();
    linger_as_grandchild(getpid() & 1);
    abort();
  }
  if (strncmp(fault, "linger", 6) == 0) {
    linger_as_grandchild(turn++ & 1);
    signal(SIGTERM, SIG_IGN);
    lingers = 1;
  }
}

/// The number behind `key` in a call; 0 if it is not there.
static long number_of(const char *key, const char *line, size_t length) {
  const char *found = memmem(line, length, key, strlen(key));
  return found ? atol(found + strlen(key)) : 0;
}

/// A line of `same_length` bytes: a head, filling, and a tail.
static void send_filled(const char *head, size_t length, const char *tail) {
  static char filling[same_length];
  memset(filling, 'x', sizeof filling);
  size_t taken = length + strlen(tail);
  send_line(head, length, filling, taken < same_length ? same_length - taken : 0, tail);
}

static void answer_filled(const char *id, size_t id_length) {
  char head[160];
  int n = snprintf(
      head, sizeof head,
      "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"",
      (int)id_length, id);
  send_filled(head, (size_t)n, "\"}]}}\n");
}

static void send_progress(const char *token, int token_length, long count, long pace) {
  char head[160];
  for (long step = 1; step <= count; step++) {
    int n = snprintf(head, sizeof head,
                     "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{"
                     "\"progressToken\":%.*s,\"progress\":%ld,\"message\":\"",
                     token_length, token, step);
    send_filled(head, (size_t)n, "\"}}\n");
    if (pace && step % (pace / 100) == 0) {
      flush();
      usleep(10000);
    }
  }
}

static void answer_notices(const char *id, size_t id_length, const char *line, size_t length) {
  const char *token = memmem(line, length, "\"progressToken\":", 16);
  long burst = number_of("\"burst\":", line, length);
  if (token && burst)
    send_progress(token + 16, (int)strcspn(token + 16, ",}"), burst,
                  number_of("\"pace\":", line, length));
  if (memmem(line, length, "\"hold\"", 6) && held_count < most_held && id_length < 24) {
    memcpy(held[held_count], id, id_length);
    held[held_count++][id_length] = 0;
    return;
  }
  if (memmem(line, length, "\"release\"", 9)) {
    for (int i = 0; i < held_count; i++) answer_filled(held[i], strlen(held[i]));
    held_count = 0;
  }
  if (memmem(line, length, "\"tell\"", 6)) {
    char head[200];
    int n = snprintf(head, sizeof head,
                     "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"result\":{\"content\":[],\"before\":%ld,"
                     "\"read\":%ld,\"bytesBefore\":%ld,\"bytesRead\":%ld}}",
                     (int)id_length, id, lines_before_cancel, lines_read, bytes_before_cancel,
                     bytes_read);
    return send_line(head, (size_t)n, "", 0, "\n");
  }
  answer_filled(id, id_length);
}

static void answer_call(const char *id, size_t id_length, const char *line, size_t length) {
  char head[160];
  size_t window = length < envelope_limit ? length : envelope_limit;
  const char *text = memmem(line, window, "\"text\":\"", 8);
  if (obeys_faults) {
    const char *fault = memmem(line, window, "\"fault\":\"", 9);
    if (fault) misbehave(fault + 9);
  }
  const char *end = text ? memchr(text + 8, '"', (size_t)(line + length - text - 8)) : NULL;
  int n = snprintf(
      head, sizeof head,
      "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"",
      (int)id_length, id);
  send_line(head, (size_t)n, text ? text + 8 : "", end ? (size_t)(end - text - 8) : 0, "\"}]}}\n");
}

static void answer_list(const char *id, size_t id_length) {
  char part[1024];
  int n = snprintf(part, sizeof part, "{\"jsonrpc\":\"2.0\",\"id\":%.*s,\"result\":{\"tools\":[",
                   (int)id_length, id);
  send_line(part, (size_t)n, "", 0, "");
  for (int i = 1; i <= tools; i++) {
    n = snprintf(
        part, sizeof part,
        "%s{\"name\":\"%s_echo_%d\",\"description\":\"Gives the text back that it was called "
        "with, so that a way there and back can be measured.\",\"inputSchema\":{\"type\":"
        "\"object\",\"properties\":{\"text\":{\"type\":\"string\",\"description\":\"What to give "
        "back.\"},\"fault\":{\"type\":\"string\",\"enum\":[\"crash\",\"linger\"]}},\"required\":["
        "\"text\"]},\"annotations\":{\"readOnlyHint\":true}}",
        i == 1 ? "" : ",", name, i);
    send_line(part, (size_t)n, "", 0, "");
  }
  send_line("", 0, "", 0, "]}}\n");
}

static void answer_fixed(const char *id, size_t id_length, const char *rest) {
  char head[160];
  int n = snprintf(head, sizeof head, "{\"jsonrpc\":\"2.0\",\"id\":%.*s,", (int)id_length, id);
  send_line(head, (size_t)n, rest, strlen(rest), "}\n");
}

static void answer(const char *line, size_t length) {
  size_t window = length < envelope_limit ? length : envelope_limit;
  const char *id = memmem(line, window, "\"id\":", 5);
  if (sends_notices && memmem(line, window, "notifications/cancelled", 23) &&
      lines_before_cancel < 0) {
    lines_before_cancel = lines_read;
    bytes_before_cancel = bytes_read;
  }
  lines_read++;
  bytes_read += (long)length + 1;
  if (!id) return;
  id += 5;
  size_t id_length = strcspn(id, ",}");
  if (memmem(line, window, "\"tools/call\"", 12) && sends_notices)
    return answer_notices(id, id_length, line, window);
  if (memmem(line, window, "\"tools/call\"", 12)) return answer_call(id, id_length, line, length);
  if (memmem(line, length, "\"tools/list\"", 12)) return answer_list(id, id_length);
  if (memmem(line, length, "\"ping\"", 6)) return answer_fixed(id, id_length, "\"result\":{}");
  if (memmem(line, length, "\"initialize\"", 12))
    return answer_fixed(id, id_length,
                        "\"result\":{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{"
                        "\"tools\":{}},\"serverInfo\":{\"name\":\"echo\",\"version\":\"1\"}}");
  answer_fixed(id, id_length, "\"error\":{\"code\":-32601,\"message\":\"Method not found\"}");
}

int main(int argc, char **argv) {
  size_t used = 0, scanned = 0;
  name = argc > 1 ? argv[1] : "bench";
  tools = argc > 2 ? atoi(argv[2]) : 1;
  obeys_faults = argc > 3 && strcmp(argv[3], "--faults") == 0;
  sends_notices = argc > 3 && strcmp(argv[3], "--notices") == 0;
  for (;;) {
    ssize_t n = read(0, input + used, input_capacity - used);
    if (n <= 0) break;
    used += (size_t)n;
    char *start = input, *newline;
    while ((newline = memchr(input + scanned, '\n', used - scanned))) {
      answer(start, (size_t)(newline - start));
      start = newline + 1;
      scanned = (size_t)(start - input);
    }
    flush();
    used -= (size_t)(start - input);
    memmove(input, start, used);
    scanned = used;
    if (used == input_capacity) return 1;
  }
  while (lingers) pause();
  return 0;
}
