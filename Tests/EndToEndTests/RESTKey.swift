import Glibc
import HTTPTesting
import Harness
import MCP
import RawJSON
import Synchronization
import TestSupport
import Testing

/// One key of a REST manifest: two values, and what somebody at the gateway's pipes, or the API
/// itself, sees of each and not of the other.
struct RESTKey: Sendable {
  enum View: Sendable {
    /// What `tools/list` says of the service's tools.
    case listing
    /// The requests that the API got.
    case requests
    /// `served`, or `refused` by an error or a result with `isError`.
    case verdict
    /// The answer of the last call.
    case answer
    /// How many requests the API got.
    case count
    /// The most requests that the API had at a time.
    case most
    /// The last letters of the paths that were asked for, in order.
    case order
    /// The progress notifications of the calls.
    case notes
    /// How many there are.
    case noteCount
    /// What comes of a call that asks for a task: `task`, or the code of the error.
    case tasks
  }

  /// `rest.auth.bearer`
  var key: String
  var values: [(text: String, seen: String)]
  var view: View
  /// Lines below `rest:`; VALUE stands for the value, URL for the server's address.
  var rest: [String] = []
  /// Lines of the tool `t`, and further tools as `u:` and the like.
  var tool = ["get: /x"]
  var others: [String] = []
  /// Where the service is, if not on the server of all; without the service's name.
  var url: String?
  /// What is called, with these arguments.
  var calls = ["t"]
  var arguments: JSONValue = [:]
  /// All at once, or one after the other.
  var isTogether = false
  /// What the API answers to a path, one after the other: JSON, with a status before it where it is
  /// not 200, or a word of `RESTKeyServer`. The last one holds for all further requests.
  var answers: [String: [String]] = [:]

  init(
    _ key: String, _ view: View, _ first: (text: String, seen: String),
    _ second: (text: String, seen: String)
  ) {
    self.key = key
    self.view = view
    values = [first, second]
  }

  func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }

  /// The manifest of the service with that name for one of the values.
  func manifest(service: String, value: String, server: String) -> String {
    var lines = ["service: \(service)", "rest:", "  url: \(url ?? "URL/\(service)")"]
    if rest.contains(where: { $0.hasPrefix("url:") }) { lines.removeLast() }
    lines += rest.map { "  " + $0 }
    lines += ["tools:", "  t:", "    description: A tool."] + tool.map { "    " + $0 }
    lines += others.map { "  " + $0 }
    return lines.joined(separator: "\n").replacing("VALUE", with: value)
      .replacing("SERVICE", with: service).replacing("URL", with: server) + "\n"
  }
}

/// The API of all these services: the first part of a path is the service's name.
final class RESTKeyServer: Sendable {
  struct Seen {
    var requests: [RawRequest] = []
    var under = 0
    var most = 0
  }

  private let answers = Mutex<[String: [String: [String]]]>([:])
  private let seen = Mutex<[String: Seen]>([:])

  func set(_ answers: [String: [String]], for service: String) {
    self.answers.withLock { $0[service] = answers }
  }

  func seen(by service: String) -> Seen { seen.withLock { $0[service] ?? Seen() } }

  /// - `slow JSON`: after 100 ms.
  /// - `reset`: breaks the connection.
  /// - `stall`: nothing, until the connection is closed.
  func answer(_ request: RawRequest, _ connection: RawConnection) -> Bool {
    let parts = request.target.dropFirst().split(
      separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let service = String(parts.first ?? "")
    var own = request
    own.target = "/" + (parts.count > 1 ? String(parts[1]) : "")
    let path = own.target.split(separator: "?").first.map(String.init) ?? ""
    note(own, by: service)
    defer { seen.withLock { $0[service]?.under -= 1 } }
    var word = next(path, of: service) ?? #"{"a": 1, "b": 2}"#
    if word == "stall" { return !connection.waitForClose() }
    if word == "reset" {
      connection.reset()
      return false
    }
    if word.hasPrefix("slow ") {
      connection.wait(milliseconds: 100)
      word = String(word.dropFirst(5))
    }
    let hasStatus = word.first?.isNumber == true
    let status = hasStatus ? String(word.prefix(3)) : "200"
    let body = hasStatus ? String(word.dropFirst(4)) : word
    connection.respond("\(status) X", ["Content-Type: application/json"], Array(body.utf8))
    return true
  }

  private func note(_ request: RawRequest, by service: String) {
    seen.withLock { all in
      var one = all[service] ?? Seen()
      one.requests.append(request)
      one.under += 1
      one.most = max(one.most, one.under)
      all[service] = one
    }
  }

  private func next(_ path: String, of service: String) -> String? {
    answers.withLock { all in
      guard let first = all[service]?[path]?.first else { return nil }
      if all[service]?[path]?.count ?? 0 > 1 { all[service]?[path]?.removeFirst() }
      return first
    }
  }
}

/// One gateway in front of all services that the keys need, two for each.
struct RESTKeyRun {
  let gateway: GatewayRun
  let api = RESTKeyServer()
  private let server: RawHTTPServer
  private let keys: [RESTKey]
  private var listing: [JSONValue] = []

  init(_ keys: [RESTKey], replacements: [String: String]) throws {
    self.keys = keys
    let api = self.api
    server = try RawHTTPServer { api.answer($0, $1) }
    let folder = try TemporaryFolder()
    try folder.makeFolder("manifests")
    for (index, key) in keys.enumerated() {
      for (place, value) in key.values.enumerated() {
        let service = Self.name(index, place)
        var text = key.manifest(service: service, value: value.text, server: server.url)
        for (word, meaning) in replacements { text = text.replacing(word, with: meaning) }
        try folder.write(text, to: "manifests/\(service).yaml")
        api.set(key.answers, for: service)
      }
    }
    gateway = try GatewayRun(
      [], settings: "deadlines: {call: 1m}\nlimits: {page: 5000}\nbreaker: {failures: 0}\n",
      folder: folder)
    try gateway.client.handshake()
    let list = try gateway.client.roundTrip("tools/list", within: GatewayRun.patience)
    listing = list.result?["tools"]?.arrayValue ?? []
  }

  /// The port at which the API is.
  var port: Int { server.port }

  private static func name(_ key: Int, _ value: Int) -> String {
    "k\(key)\(value == 0 ? "a" : "b")"
  }

  /// Compares what is seen of the two values of the key at `index`.
  func check(_ index: Int) {
    let key = keys[index]
    var views: [String] = []
    for place in key.values.indices {
      do {
        views.append(try view(key, Self.name(index, place)))
      } catch {
        Issue.record("\(key.key): \(key.values[place].text): \(error)")
        return
      }
    }
    for (place, value) in key.values.enumerated() {
      #expect(
        views[place].contains(value.seen),
        "\(key.key): \(value.text) shows no '\(value.seen)': \(views[place])")
      #expect(
        !views[1 - place].contains(value.seen),
        "\(key.key): nothing differs: \(views)")
    }
  }

  private func view(_ key: RESTKey, _ service: String) throws -> String {
    let own = listing.filter { $0["name"]?.stringValue?.hasPrefix(service + "_") == true }
    #expect(!own.isEmpty, "\(key.key): \(service) is off\n\(complaints(service))")
    if case .listing = key.view { return own.map(\.text).joined(separator: "\n") }
    if case .tasks = key.view {
      let answer = try gateway.client.roundTrip(
        "tools/call", ["name": .string(service + "_t"), "arguments": [:], "task": [:]])
      return answer.errorCode.map(String.init) ?? (answer.result?["task"] == nil ? "call" : "task")
    }
    let last = try call(key, service)
    let seen = api.seen(by: service)
    switch key.view {
    case .listing, .tasks: return ""
    case .requests: return seen.requests.map(text).joined(separator: "\n\n")
    case .verdict:
      let isRefused = last.kind == .failure || last.result?["isError"] == true
      return isRefused ? "refused" : "served"
    case .answer: return last.text
    case .count: return "\(seen.requests.count)"
    case .most: return "\(seen.most)"
    case .order: return String(seen.requests.compactMap(\.target.last))
    case .notes: return notes(service).map(\.text).joined(separator: "\n")
    case .noteCount: return "\(notes(service).count)"
    }
  }

  private func notes(_ service: String) -> [ServerMessage] {
    gateway.client.transcript.messages.filter {
      $0.params?["progressToken"]?.stringValue?.hasPrefix(service + "/") == true
    }
  }

  /// Makes the calls and returns the last answer.
  private func call(_ key: RESTKey, _ service: String) throws -> ServerMessage {
    var asked: [String] = []
    var last: ServerMessage?
    for (number, tool) in key.calls.enumerated() {
      let id = try gateway.client.request(
        "tools/call",
        [
          "name": .string("\(service)_\(tool)"), "arguments": key.arguments,
          "_meta": ["progressToken": .string("\(service)/\(number)")],
        ])
      asked.append(id)
      guard !key.isTogether else { continue }
      last = try gateway.client.response(to: id, within: GatewayRun.patience)
      if number + 1 < key.calls.count { gateway.client.run(for: .milliseconds(30)) }
    }
    guard key.isTogether else { return try #require(last) }
    for id in asked { last = try gateway.client.response(to: id, within: GatewayRun.patience) }
    return try #require(last)
  }

  private func text(_ request: RawRequest) -> String {
    let head = ["\(request.method) \(request.target)"]
    let lines = head + request.headers.map { "\($0.name): \($0.value)" }
    return lines.joined(separator: "\n") + "\n\n" + String(decoding: request.body, as: UTF8.self)
  }

  private func complaints(_ service: String) -> String {
    gateway.client.stderr.split(separator: "\n").filter { $0.contains("/\(service).yaml") }
      .joined(separator: "\n")
  }

  func finish() throws {
    try gateway.finish()
    server.stop()
  }
}
