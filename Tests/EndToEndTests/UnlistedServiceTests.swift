import Glibc
import Harness
import MCP
import RawJSON
import TestSupport
import Testing

/// Services that run and cannot say what they offer.
@Suite struct UnlistedServiceTests {
  /// A service of one tool, which it cannot list while there is a file `broken`.
  private static let script = #"""
    while read -r line; do
      id=${line#*\"id\":}
      id=${id%%[,\}]*}
      said='"result":{}'
      case $line in
        *'"method":"initialize"'*)
          said='"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{},"prompts":{}},"serverInfo":{"name":"s","version":"1"}}' ;;
        *'"method":"tools/list"'*)
          said='"result":{"tools":[{"name":"echo","inputSchema":{"type":"object"}}]}'
          if [ -e broken ]; then said='"error":{"code":-32000,"message":"the database is away"}'; fi ;;
        *'"method":"prompts/list"'*) said='"error":{"code":-32601,"message":"no such method"}' ;;
        *'"method":"tools/call"'*)
          said='"result":{"content":[],"structuredContent":{"text":"still here"}}' ;;
        *'"method":"notifications/'*) continue ;;
      esac
      printf '{"jsonrpc":"2.0","id":%s,%s}\n' "$id" "$said"
    done
    """#

  private func open(
    _ folder: TemporaryFolder, script: String = Self.script,
    settings: String = GatewayRun.patientSettings
  ) throws -> GatewayRun {
    try folder.write(script, to: "manifests/unlisted.sh")
    let run = try GatewayRun(
      [
        Service(
          "a", command: "/bin/sh", arguments: ["unlisted.sh"], process: ["protocol: legacy"]),
        Service("good"),
      ], settings: settings, folder: folder)
    try run.client.handshake()
    return run
  }

  @Test
  func
    `a service that cannot list its tools is told with its reason, and asked by the next gateway`()
    throws
  {
    let folder = try TemporaryFolder()
    try folder.write("", to: "manifests/broken")
    let run = try open(folder)
    #expect(try KeyBehaviour.tools(run).allSatisfy { $0.hasPrefix("good_") })
    let refused = try run.expectError("a_echo", .backendUnavailable)
    #expect(refused.text.contains("the database is away"), "\(refused.text)")
    #expect(refused.error?.at(pointer: "/data/sent") == false, "\(refused.text)")
    #expect(run.status(of: "a")?["why"]?.stringValue?.contains("the database is away") == true)
    #expect(run.client.stderr.contains("discovery.failed"))
    // What it declares and does not have is no failure.
    #expect(!run.client.stderr.contains("no such method"))
    #expect(unlink(folder.path + "/manifests/broken") == 0)
    try run.finish()
    // Nothing that is not so was kept for the next gateway.
    let next = try open(folder)
    #expect(try KeyBehaviour.tools(next).contains("a_echo"))
    try next.expectOK("a_echo")
    try next.finish()
  }

  @Test func `tools that are known stay known when they cannot be listed`() throws {
    let folder = try TemporaryFolder()
    let first = try open(folder)
    #expect(try KeyBehaviour.tools(first).contains("a_echo"))
    try first.finish()
    try folder.write("", to: "manifests/broken")
    for _ in 0..<2 {
      let run = try open(folder)
      try run.expectOK("a_echo")
      // The call started it, and so it was asked what it offers.
      let isTold = run.wait { run.client.stderr.contains("discovery.list_failed") }
      #expect(isTold)
      #expect(try KeyBehaviour.tools(run).contains("a_echo"))
      try run.expectOK("a_echo")
      try run.finish()
    }
  }

  @Test func `a service that never lists what it has is named in the error`() throws {
    let silent = Self.script.replacing(
      #"said='"result":{"tools""#, with: #"continue; said='"x":{"tools""#)
    let run = try open(
      try TemporaryFolder(), script: silent,
      settings: "deadlines: {call: 2m, initialize: 1m}\ndiscovery: {wait: 1m, deadline: 300ms}\n")
    #expect(try KeyBehaviour.tools(run).allSatisfy { $0.hasPrefix("good_") })
    let refused = try run.expectError("a_echo", .backendUnavailable)
    #expect(refused.text.contains("did not list what it offers"), "\(refused.text)")
    try run.finish()
  }
}
