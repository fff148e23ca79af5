import MCP
import Manifest
import RawJSON
import Testing

@testable import Gateway

/// How the line of a call is put for the whole catalogue.
@Suite struct ShownCallTests {
  private let form = ShownTool.Form(
    name: Array("git_log".utf8),
    pins: [
      PinnedArgument(name: "repo", value: Array("\"/r\"".utf8)),
      PinnedArgument(name: "n", value: Array("1.50".utf8)),
    ])

  private func put(_ line: String, _ form: ShownTool.Form?) throws -> String {
    try Array(line.utf8).withUnsafeBytes { line in
      let envelope = try Envelope.scan(line.bytes)
      let call = try ShownCall(form, arguments: envelope.arguments, in: line.bytes)
      let put = call.line(line, envelope)
      let again = try Envelope.scan(put.span.bytes)
      #expect(again.method == .toolsCall)
      return String(decoding: put, as: UTF8.self)
    }
  }

  @Test func `the name and the arguments are other ones, and nothing else is`() throws {
    let head = #"{"jsonrpc":"2.0","id" : "é","method":"tools/call","params":{"_meta":{"a":1.0},"#
    for (given, put) in [
      (
        #""name":"history","arguments":{ "x":[1 ,2]}}}"#,
        #""name":"git_log","arguments":{"x":[1 ,2],"repo":"/r","n":1.50}}}"#
      ),
      (
        #""arguments":{},"name":"history"}}"#,
        #""arguments":{"repo":"/r","n":1.50},"name":"git_log"}}"#
      ),
      (
        #""name":"history","z":0}}"#,
        #""name":"git_log","arguments":{"repo":"/r","n":1.50},"z":0}}"#
      ),
    ] {
      #expect(try self.put(head + given, form) == head + put)
    }
    let line = head + #""name":"x","arguments":{"a":1}}}"#
    #expect(try put(line, nil) == line)
  }

  @Test(arguments: [#"{"repo":"mine"}"#, #"{"a":1,"\u0072epo":null}"#])
  func `an argument that is not the client's is refused, however it is written`(
    arguments: String
  ) throws {
    let bytes = Array(arguments.utf8)
    let whole = ByteRange(start: 0, end: bytes.count)
    #expect(throws: ShownCall.Trespass(argument: "repo")) {
      try ShownCall(form, arguments: whole, in: bytes.span.bytes)
    }
  }
}

/// The index of tools that are not listed.
@Suite struct ToolIndexTests {
  private func index(_ services: Int, _ tools: Int) -> ToolIndex {
    ToolIndex(
      groups: (0..<services).map { service in
        .init(service: "service\(service)", tools: (0..<tools).map { "s\(service)_tool_\($0)" })
      })
  }

  @Test func `what fits is told in full`() {
    #expect(
      index(2, 2).text(limit: 200) == "service0: s0_tool_0, s0_tool_1; "
        + "service1: s1_tool_0, s1_tool_1")
  }

  @Test(arguments: [(1, 500), (2, 300), (10, 50), (60, 10), (900, 1)], [80, 400, 1_500])
  func `what does not fit is told in part, and how much more there is`(
    size: (services: Int, tools: Int), limit: Int
  ) {
    let text = index(size.services, size.tools).text(limit: limit)
    #expect(text.utf8.count <= limit, "\(text)")
    #expect(text.hasPrefix("service0"))
    #expect(text.contains(" more") || text.contains("("), "\(text)")
    if size.services == 2, limit == 1_500 {
      #expect(text.contains("s0_tool_0, ") && text.contains("s1_tool_0, "), "each has its share")
    }
  }
}

/// The search over names, titles and descriptions.
@Suite struct ToolSearchTests {
  private static let tools = [
    ("git_log", "Shows the newest commits.", "History"), ("git_commit", "Records a change.", ""),
    ("issues_list", "Lists issues of a project, with their commits.", ""),
    ("issue_create", "Opens an issue.", ""), ("ÜBER_now", "Die Übersicht.", ""),
  ]

  private let search = ToolSearch(
    tools.map { name, description, title in
      let json =
        #"{"name":"\#(name)","title":"\#(title)","description":"\#(description)"}"#
      return Catalogue.Entry(
        service: 0, publicName: Array(name.utf8), ownName: [], json: Array(json.utf8))
    })

  private func find(_ query: String, limit: Int = 10) -> [String] {
    search.find(Array(query.utf8), limit: limit).found.map {
      String(decoding: $0.publicName, as: UTF8.self)
    }
  }

  @Test func `words in names come before words in descriptions`() {
    #expect(find("commit") == ["git_commit", "git_log", "issues_list"])
    #expect(find("COMMITS") == ["git_commit", "git_log", "issues_list"])
    #expect(find("history") == ["git_log"])
    #expect(find("create issues").first == "issue_create")
    #expect(find("issues").first == "issues_list")
    #expect(find("issues_list") == ["issues_list", "issue_create"])
  }

  @Test func `what matches nothing finds nothing`() {
    #expect(find("").isEmpty && find("!?").isEmpty && find("weather").isEmpty)
    #expect(find("übersicht") == [], "other letters keep their case")
    #expect(find("Übersicht") == ["ÜBER_now"])
  }

  @Test func `the answer has a bound and says how many more there are`() {
    let (found, more) = search.find(Array("commit".utf8), limit: 1)
    #expect(found.count == 1 && more == 2)
    #expect(search.find(Array(repeating: UInt8(ascii: "a"), count: 100_000), limit: 5).more == 0)
  }
}
