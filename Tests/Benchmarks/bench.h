// What the files of the benchmark share: a peer at the other end of two pipes,
// the three subjects that are compared, and the table that comes out.

#ifndef SWITCHYARD_BENCH_H
#define SWITCHYARD_BENCH_H

#define _GNU_SOURCE
#include <curl/curl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Where the programs are and where a run may write; set once by main.
struct setting {
  const char *gateway, *relay, *echo;
  const char *fake;  // the compiled fake backend, for parts that need more than an echo
  const char *command;  // the people's command
  const char *folder;  // scratch: configurations and state, one subfolder a part
  const char *marker;  // NAME=VALUE in the environment of every service, grandchildren included
  int cpu;             // -1: not pinned
  int rounds;
};
extern struct setting setting;

/// A line without its newline; it lies in the peer's buffer until the next read.
struct line {
  const char *bytes;
  size_t length;
};

/// A process whose stdin and stdout we hold.
struct peer {
  pid_t pid;
  int to, from;
  char *buffer;
  size_t start, end, scanned, capacity;
};

struct peer peer_start(char *const command[]);
struct peer peer_start_gateway(const char *configuration);
void peer_send(struct peer *, const char *bytes, size_t length);
/// Waits for one line; an end of input instead of it ends the benchmark.
struct line peer_line(struct peer *);
/// Reads once; the lines that came are then taken with `peer_next`.
void peer_read(struct peer *);
int peer_next(struct peer *, struct line *);
/// Waits for the answer to `id`, past any notification.
struct line peer_answer(struct peer *, long id);
/// The handshake of the legacy era, then one `tools/list`; returns its length.
size_t peer_open(struct peer *);
/// Closes stdin, waits for the end, returns the wait status.
int peer_stop(struct peer *);

uint64_t nanoseconds(void);
void fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/// Writes DIR/config/manifests/NAME_i.yaml, `services` of them, each with `tools` tools.
void configure(const char *directory, int services, int tools, int faults);
/// Makes a folder with `config`, `config/manifests` and `state` in it, and writes a file below it.
void make_folders(const char *directory);
void write_file(const char *directory, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/// `env:` of a manifest with the marker, and what else is wanted in it.
const char *marked_environment(const char *more);
/// Numbers of the gateway's children whose command line has `word` in it; at most `most` of them.
int children_with(pid_t gateway, const char *word, pid_t *pids, int most);
/// Processor time of a process in nanoseconds.
uint64_t processor_time(pid_t);
/// How many living processes carry the marker.
int marked_processes(void);
/// Ends those that are left, so that a failed row does not spoil the next one.
void kill_marked_processes(void);

enum subject { direct, relay, gateway, subjects };
struct peer subject_start(enum subject);

/// A call of `size` bytes of text. `id_at` is where its ten digits of id stand.
struct call {
  char *bytes;
  size_t length, id_at, answer_length;
};
struct call call_of(size_t size);
struct call call_to(const char *tool, size_t size);
/// A call with one argument.
struct call call_of_text(const char *tool, const char *name, const char *text);
void call_number(struct call *, long id);
/// Makes `count` calls one after the other, each under an id of its own, and notes their times.
void one_round(struct peer *, struct call *, int count, uint64_t *times);
/// Everything started from here on runs on `cpu`, before whatever else wants it; -1 ends both.
void pin(int cpu);
/// The same on any CPU.
void hurry(void);

/// How fast the machine is now: the median of 2,000 direct calls of 64 B, in microseconds.
double pace(void);

enum bound { no_bound, at_most, at_least };
void report_title(const char *title);
/// One row of the table and of the JSON; returns nothing, remembers a miss.
void report(const char *name, double value, const char *unit, enum bound, double limit);
/// The rows so far; the misses among those since then; the same, but 0 where anything else than a
/// time, a rate or a ratio of them was missed; these rows forgotten.
int report_count(void);
int report_missed_since(int first);
int report_missed_times_since(int first);
void report_forget_since(int first);
/// Returns how many rows were missed.
int report_write(const char *path, const char *commit);

/// What a server reads: `path` and `method` are cut to their length here.
struct web_request {
  char *bytes, *body;
  size_t held, capacity, length;
  char method[16], path[64];
};
/// Reads one request with its body; 0 at the end of the connection. Nothing may follow before it
/// is answered.
int web_read(int socket, struct web_request *);
void web_send(int socket, const char *bytes, size_t length);

struct web_listener { int socket, port; };
/// A port on loopback; 0 is any.
struct web_listener web_listen(int port);
/// Serves each connection on a thread of a process of its own.
pid_t web_serve(struct web_listener, void *(*serve)(void *));
void web_stop(pid_t server);

/// A request to the server, made with libcurl alone on a connection that is kept.
CURL *web_curl(int port, const char *path, const char *const headers[]);

struct web_contest {
  const char *label, *subject;
  /// The server takes 2 ms: the ratio is judged, and not what is added.
  int is_slow;
  int calls;     // of a round
  size_t least;  // bytes of an answer's body
};
/// The request by libcurl alone and the call by the gateway, in turns; four rows.
void web_compare(const struct web_contest *, CURL *, struct peer *, struct call *);

void measure_sequential(void);
void measure_pipelined(void);
void measure_start(void);
void measure_memory(void);
void measure_leftovers(void);
void measure_rest(void);
void measure_remote(void);
void measure_streams(void);
void measure_return(void);
void measure_flood(void);
void measure_import(void);
void measure_reload(void);
void measure_notices(void);
void measure_policies(void);
void measure_cache(void);
void measure_failover(void);
void measure_ready(void);
void measure_inflight(void);
void measure_idle(void);
void measure_manifests(void);

/// A figure of /proc/PID/status in MiB, and forgetting the peak so far.
double megabytes(pid_t, const char *key);
void reset_peak(pid_t);

int compare_u64(const void *, const void *);
int compare_double(const void *, const void *);
double median(double *values, size_t count);

#endif
