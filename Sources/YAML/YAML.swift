// A YAML file as a tree whose nodes know where they stand.
//
//   bytes -> libyaml's events -> Node (scalar | sequence | mapping with ordered pairs)
//
// Scalars stay text: nothing here decides that `no` is false or `0777` a number.
// Whoever reads a field knows which type it wants (reliability row M05).
//
// Invariants: every node has a position; keys are scalars and unique in their
// mapping, compared as UTF-8 bytes; a tree has at most `Limits.nodes` nodes after
// aliases are expanded, so a walk over it is bounded.
//
// Costs: one pass; aliases share storage with their anchors. libyaml's parser
// exists only inside `Node.parse` and is freed when it returns or throws.
//
// Refused, each with its position: more than one document, keys that are not
// scalars, merge keys, tags other than `!!str`, `!!map`, `!!seq` and `!`,
// aliases to a node that is still open, anything over a limit. A UTF-8 byte
// order mark at the start is skipped; CRLF ends a line as LF does.
