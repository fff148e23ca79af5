// MCP models what the protocol says about one line: is it JSON-RPC 2.0, what
// kind of message, in which era, and where are the members that a gateway
// routes on. It reads no payload and keeps no state between lines, except for
// `LineFramer`, which cuts a stream of bytes into lines.
//
// Invariants: a message whose envelope could be read in two ways (a repeated
// key, `result` beside `error`) is refused, so that two programs behind one
// another never see different messages. Keys and names are compared as decoded
// UTF-8 bytes. Costs: `Envelope.scan` is one pass without allocation.
// What differs between revisions of the protocol is data in `Revision+Table`.
