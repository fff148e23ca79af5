/// What `--help` prints: every word that the backend understands.
let usageText = """
  usage: switchyard-fake-backend [WORD[,WORD...]]...

  An MCP server on stdin and stdout that misbehaves on command. Words are read
  from FAKEB_SCRIPT (separated by commas), then from the arguments. N-th calls
  are counted over tools/call, from 1, in each process.

  Era
    legacy | modern | dual   serve initialize, 2026-07-28, or both (default)
    die-on-discover          exit when server/discover arrives
    silent-on-discover       never answer server/discover
  Transport
    http=PORT                serve HTTP on loopback until stdin ends: /mcp (Streamable HTTP), /sse
                             (2024-11-05), POST /rest/TOOL; SIGUSR1 resets all connections, SIGUSR2
                             makes it refuse requests with 503 and 429 for 150 ms
  Start and end
    exit=CODE                exit before reading anything
    usage                    print a usage text on stdout and exit with 2
    hang@init                read, but never answer initialize or server/discover
    delay@init=MS            answer them late
    ignore-term              ignore SIGTERM
    ignore-eof               keep running when stdin ends
    once=FILE                obey the script only if FILE does not exist, and create it
    script=FILE              read more words from FILE (commas, lines) at each start
    only=TOOL                calls of other tools are answered as they should be
    one-shot                 exit with 0 after the answer to a call
    fork                     leave a process in the same group that keeps the pipes open
    fork=setsid              the same in a session of its own
    fork=daemon              the same, detached from its parent and without pipes
  Death during a call
    crash@N, segv@N          SIGKILL or SIGSEGV itself at the N-th call, unanswered
    exit@N=CODE              exit at the N-th call, unanswered
    half                     write half of the answer, then SIGKILL itself
    burst-exit=N             collect N calls, answer them in one write, exit at once
    close-stdout             close stdout at the first call and keep running
    close-stdin              close stdin at the first call, answer it and keep running
    no-read                  stop reading at the first call, unanswered
  Time
    delay=MS                 answer every call late
    hang                     never answer a call
    slow=BYTES               write no more than so many bytes a second
    reorder=N                collect N calls and answer the last one first
  Wrong answers
    garbage                  log text, blank lines and ANSI escapes before each answer
    bigline=BYTES            an answer of that length
    id-last                  with bigline: its id stands at the end
    endless                  an answer that never ends
    dup                      every answer twice
    spoof-id                 first an answer to an id that was never asked
    id-as-string             the id of the answer in quotes
    both, neither            result and error together; none of them
    badjson                  an answer with a syntax error after its id
    wrong-version            "jsonrpc":"1.0"
    two-per-line             the answer and a notification on one line
    bom, crlf                a byte order mark before the first line; CR LF at line ends
  Notifications and requests
    progress=N               N progress notifications before each answer (with a token)
    progress-after           one more after the answer
    flood[=N]                N progress notifications at once (100000)
    stderr-flood             write to stderr without end
    list-changed             notifications/tools/list_changed after each call
    mutate-tools             other descriptions in each tools/list, and list-changed
    reverse                  ping and sampling/createMessage before each answer
  Lists
    tools=N                  N tools: the default ones first, then extra_K (echo)
    pages=N                  tools/list in N pages
    same-cursor              each page names the same next page
    prompts, resources       offer these too
    watch                    subscriptions, a log, methods vendor/*, resources memo://one and
                             ui://panel/main, and the tools notify {method, params, times, raw},
                             return {result}, meta, state and forget {tool}; a read of
                             memo://.../ttl-N/late-N says ttlMs N and comes N ms later,
                             one of memo://.../public is public, of .../error an error
    tasks                    the tools job and must, which may and must be called as tasks {ms}
    tasks-only               the same; modern clients must know tasks; {asks} asks for input, {end}
                             is the status at the end, {poll} the interval, {hush} answers no poll
    name=NAME                serverInfo.name ("fake")
  Ledger
    ledger=FILE              append "executed UUID PID TOOL" for each call, and
                             "cancelled UUID PID TOOL" for each cancel of a waiting call
    starts=FILE              append "started PID" at each start

  Tools: echo (arguments verbatim), digest (their size and SHA-256), add {a, b},
  slow {ms, steps} with progress, hang, fail (isError), env (environment, argv,
  directory), pid {deaf, counts} (reads nothing for so many ms; counts cancels too),
  crash {signal}, kill {signal} (its process group, or all of its namespace), ask {method,
  params, count, rounds} asks the client so many things so many times; with early or
  withdraw it answers the call at once (and takes its question back), with stateless it
  sends no requestState (modern). ask {method: told} answers what was declared of the
  client, ask {method: urls} -32042 at first.
  The argument `uuid` of any tool goes into the ledger.

  """
