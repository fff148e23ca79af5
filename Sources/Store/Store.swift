// The state file: what is worth keeping from one run to the next.
//
//   state.sqlite   catalogues   what a service offers, by digest of its command
//                  eras         which era a command speaks
//                  children     processes that the next start may have to end
//                  gateways     gateways that run now
//                  switches     services that a person has switched off
//                  health       changes of health and alerts, a bounded number
//
// SQLite in WAL mode; several gateways share the file. Losing it costs speed,
// never correctness, so no error here may stop a call: a method that cannot do
// its work counts the failure and answers as if there were nothing. The file
// may be deleted at any time; the next write makes a new one.
//
// Durability: `synchronous=NORMAL`. A transaction survives the death of the
// process; the last ones may be lost when the machine loses power, and the file
// stays readable.
//
// Calls are synchronous and short (tens of microseconds; at most `busyTimeout`
// when another process writes). The class is not Sendable: one thread owns it.
