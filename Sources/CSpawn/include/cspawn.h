// Starts child processes that cannot outlive us, and the guard that sees to it.
//
// Linux only. The calling process may have any number of threads.
#ifndef CSPAWN_H
#define CSPAWN_H

#include <stdint.h>
#include <sys/types.h>

// Where a spawn failed. The errno beside it says why.
enum cspawn_stage {
  CSPAWN_NONE = 0,
  CSPAWN_FORK = 1,       // clone, or pidfd_open
  CSPAWN_DESCRIPTOR = 2, // descriptors 0 to 2 in the child
  CSPAWN_LIMIT = 3,      // setrlimit in the child
  CSPAWN_DIRECTORY = 4,  // chdir in the child
  CSPAWN_EXEC = 5,       // execve in the child
};

struct cspawn_request {
  const char *path;         // absolute; no search
  char *const *arguments;   // argv, ends with NULL
  char *const *environment; // envp, ends with NULL; nothing is inherited
  const char *directory;    // NULL: ours
  int input, output, errors; // become 0, 1 and 2 of the child
  uint64_t data_limit;      // RLIMIT_DATA in bytes; 0: ours
  uint64_t file_limit;      // soft RLIMIT_NOFILE; 0: ours
  int program;              // open, above 2: run in place of what path names; 0: path
};

struct cspawn_result {
  pid_t pid; // also the process group and the session of the child
  int pidfd; // close-on-exec; the caller's
  int stage; // CSPAWN_NONE on success
  int error; // errno of the stage
};

// Returns 0 once execve has succeeded, -1 otherwise (nothing is left behind).
// Blocks until the child has called execve: some 0.1 ms. From one thread only,
// which must outlive the children: their parent-death signal follows it.
int cspawn_start(const struct cspawn_request *request, struct cspawn_result *result);

// Forks the guard. It reads records of two int32 from its end of a pipe (1: a
// process group to watch, 0: one to forget, then the group) and at the end of
// that pipe kills all groups it knows, then every process of this user whose
// environment contains `marker`, until none is left or two seconds have
// passed. On success the write end of the pipe is in *pipe, a pidfd in *pidfd.
// Returns the pid or -1 with errno.
pid_t cspawn_guard(const char *marker, int *pipe, int *pidfd);

// Kills every process but ourselves whose environment contains `marker`.
// Returns how many were found. Async-signal-safe.
int cspawn_kill_marked(const char *marker, int signal);

// Marks every descriptor from `first` up close-on-exec.
void cspawn_close_at_exec(unsigned first);

int cspawn_pidfd_open(pid_t pid);
int cspawn_pidfd_signal(int pidfd, int signal);

// waitid(P_PIDFD). Returns 1 when the process has ended (status and code are
// those of siginfo_t), 0 when it has not, -1 with errno. reap == 0 leaves the zombie.
int cspawn_wait(int pidfd, int reap, int *code, int *status);
// The same for any child: its pid, 0 when none has ended. Never reaps.
pid_t cspawn_any_ended(void);
// Reaps one child by its pid; 1 when it was reaped.
int cspawn_reap(pid_t pid);

// What Swift's Glibc module does not show: pipe2(O_CLOEXEC), getrandom,
// PR_SET_CHILD_SUBREAPER.
int cspawn_pipe(int ends[2]);
int cspawn_random(void *memory, size_t count);
int cspawn_become_subreaper(void);

// Unmaps the pages of all code in this process; what is run again is mapped again from the file.
void cspawn_forget_code(void);

#endif
