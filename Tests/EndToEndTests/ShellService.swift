/// A legacy service in a dozen lines of shell: a process that starts in a millisecond,
/// for tests that start hundreds of them.
///
/// Its tools are `echo`, which answers, and `crash`, which kills it. What is in
/// the variable `AT_START` runs first, what is in `READY` before the answer to `initialize`, what
/// is in `AT_PING` before the answer to a ping (`continue` leaves it out).
enum ShellService {
  static func named(
    _ name: String, environment: [String: String] = [:], process: [String] = [],
    more: [String] = []
  ) -> Service {
    Service(
      name, command: "/bin/sh", arguments: [file],
      process: ["protocol: legacy"] + process, more: more, environment: environment)
  }

  /// Lies beside the manifests, and so in the folder in which services run.
  static let file = "service.sh"

  static let script = #"""
    eval "$AT_START"
    tools='{"name":"echo","inputSchema":{"type":"object"}},{"name":"crash","inputSchema":{"type":"object"}}'
    while read -r line; do
      id=${line#*\"id\":}
      id=${id%%[,\}]*}
      case $line in
        *'"method":"initialize"'*)
          eval "$READY"
          result='"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"}' ;;
        *'"method":"tools/list"'*) result="\"tools\":[$tools]" ;;
        *'"method":"ping"'*) eval "$AT_PING"; result= ;;
        *'"name":"crash"'*) kill -9 $$ ;;
        *'"method":"tools/call"'*)
          result='"content":[],"structuredContent":{"text":"still here"}' ;;
        *) continue ;;
      esac
      printf '{"jsonrpc":"2.0","id":%s,"result":{%s}}\n' "$id" "$result"
    done

    """#
}
