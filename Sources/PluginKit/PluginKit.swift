// PluginKit writes an MCP service that a client, or the gateway, launches and
// speaks to over stdin and stdout.
//
// A `Service` is a value: a name and what it offers. `run()` serves it until the
// client closes stdin. Each call runs in a task of its own; everything that may
// be wrong with a message is answered here, so that a handler sees only typed,
// validated arguments.
//
//   stdin -> Connection (lines) -> Session (eras, lists) -> CallTable -> handler
//   stdout <- Output (one line at a time) <---------------- answer, progress
//
// Invariants:
//   - stdout carries MCP and nothing else: descriptors 0 and 1 are taken away
//     from the rest of the process, and what it prints goes to stderr;
//   - one answer per request, none after its cancel was seen;
//   - progress only when the client asked, only upwards, never after the answer;
//   - the era of a message is read from the message: a pipe may carry both.
//
// It refuses lines above 16 MiB, more than 1024 calls at once, and batches unless
// the client negotiated 2025-03-26. It does not send requests to the client, and
// nothing in it imports Foundation.
