// System calls that fail when a test says so.
//
// What is defined here takes the place of the C library's functions in the test
// executable. Unless a plan was made on the calling thread they only call the kernel.

#ifndef FAILING_CALLS_H
#define FAILING_CALLS_H

enum failing_call {
  FAILING_NONE, FAILING_READ, FAILING_WRITE, FAILING_WRITEV, FAILING_RECV, FAILING_SENDMSG,
  FAILING_POLL
};

// From now on the nth such call of this thread on this descriptor fails with `code`; with code 0
// it moves one byte only, or finds nothing ready. The others go to the kernel.
void failing_plan(enum failing_call call, int descriptor, long nth, int code);

// How many such calls there were; ends the plan.
long failing_end(void);

#endif
