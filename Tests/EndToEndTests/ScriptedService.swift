import Harness
import TestSupport

/// A legacy service whose messages lie in files: `tools` has the value of its list, `reply-N` the
/// lines that it says when a tool is called with the argument `n`. In both, `@ID@` is the id of the
/// request, which is its progress token as well. What it is told and did not ask for, among it
/// the answers to its own requests, it writes into `heard`.
struct ScriptedService {
  let folder: TemporaryFolder

  /// - Parameters:
  ///   - tools: entries of its list; the one named `say` is always there.
  ///   - replies: by their number.
  init(tools: [String] = [], replies: [Int: [UInt8]] = [:]) throws {
    folder = try TemporaryFolder()
    try folder.write(Self.script, to: "service.sh")
    let all = [#"{"name":"say","inputSchema":{"type":"object"}}"#] + tools
    let list = #"{"jsonrpc":"2.0","id":@ID@,"result":{"tools":["#
    try folder.write(list + all.joined(separator: ",") + "]}}\n", to: "tools")
    for (number, reply) in replies { try folder.write(reply, to: "reply-\(number)") }
  }

  var heard: String { folder.text("heard") }

  func service(_ name: String, more: [String] = []) -> Service {
    Service(
      name, command: "/bin/sh", arguments: [folder.path + "/service.sh"],
      process: ["protocol: legacy", "directory: \(folder.path)"], more: more)
  }

  private static let script = #"""
    LC_ALL=C
    export LC_ALL
    while read -r line; do
      id=${line#*\"id\":}
      id=${id%%[,\}]*}
      case $line in
        *'"method":"initialize"'*)
          printf '{"jsonrpc":"2.0","id":%s,"result":{"protocolVersion":"2025-11-25",' "$id"
          printf '"capabilities":{"tools":{}},"serverInfo":{"name":"sh","version":"1"}}}\n' ;;
        *'"method":"tools/list"'*) sed "s/@ID@/$id/g" tools ;;
        *'"method":"tools/call"'*)
          n=${line#*\"n\":}
          n=${n%%[,\}]*}
          sed "s/@ID@/$id/g" "reply-$n" ;;
        *) printf '%s\n' "$line" >> heard ;;
      esac
    done

    """#
}
