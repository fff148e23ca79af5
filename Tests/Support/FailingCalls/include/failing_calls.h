// System calls that fail when a test says so.
//
// What is defined here takes the place of the C library's functions in the test
// executable. Unless a plan was made on the calling thread they only call the kernel.

#ifndef FAILING_CALLS_H
#define FAILING_CALLS_H

enum failing_call {
  FAILING_NONE, FAILING_READ, FAILING_WRITE, FAILING_WRITEV, FAILING_RECV, FAILING_SENDMSG,
  FAILING_POLL, FAILING_PWRITE, FAILING_SYNC
};

// From now on the nth such call of this thread on this descriptor fails with `code`; with code 0
// it moves one byte only, or finds nothing ready. The others go to the kernel. A descriptor below
// zero stands for all.
void failing_plan(enum failing_call call, int descriptor, long nth, int code);

// How many such calls there were; ends the plan.
long failing_end(void);

struct failing_kills {
  long sent;         // signals by number, those with number 0 apart
  long at_strangers; // of them, to what is no child of this process that was not reaped
};

// From now on signals of this thread are counted, and those to strangers are not sent.
void failing_watch_kills(void);

// What there was; ends the watch.
struct failing_kills failing_watched_kills(void);

#endif
