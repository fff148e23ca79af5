// libuv's loop as an executor.
