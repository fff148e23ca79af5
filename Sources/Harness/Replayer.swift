import MCP
package import RawJSON
import Resilience

/// Plays the client's side of a recording against a server and compares the answers.
///
/// A line of the client is sent when every answer that came before it in the
/// recording has come again; so the order of the conversation is kept, and its
/// pace is not. Answers are paired by id.
package struct Replayer {
  private let recording: Recording
  private let options: ReplayOptions
  private let client: HarnessClient
  private var outcomes: [ScenarioOutcome] = []
  /// Methods of the requests, recorded: server id -> method.
  private var serverRequests: [String: String] = [:]
  private var methods: [String: String] = [:]

  /// One outcome for each answer of the recording, and one for the wire as a whole.
  package static func play(
    _ recording: Recording, _ options: ReplayOptions
  ) throws(HarnessError) -> [ScenarioOutcome] {
    let command = options.command.isEmpty ? recording.command : options.command
    var replayer = Replayer(
      recording: recording, options: options,
      client: try HarnessClient(ServerCommand(command)))
    replayer.client.answers = [:]
    replayer.play()
    return replayer.outcomes
  }

  private init(recording: Recording, options: ReplayOptions, client: HarnessClient) {
    self.recording = recording
    self.options = options
    self.client = client
  }

  private mutating func play() {
    for line in recording.lines {
      switch line.side {
      case .client: send(line)
      case .server: expect(line)
      }
      // Nothing that follows can come any more.
      if let last = outcomes.last, !last.passed, client.outputEnded { break }
    }
    client.closeInput()
    var whole = ScenarioOutcome(name: "wire", file: options.file)
    if (try? client.waitForExit(within: .seconds(5))) == nil {
      whole.violations = [Violation(.noLeftovers, "the server ignores the end of its stdin")]
    }
    whole.violations += WireRules.violations(
      in: client.transcript, unfinished: client.partialLine)
    whole.stderr = client.stderr
    outcomes.append(whole)
  }

  private mutating func send(_ line: Recording.Line) {
    var bytes = line.wireBytes
    if let message = line.message, let id = message.member("id")?.text {
      if let method = message.member("method")?.stringValue {
        methods[id] = method
      } else if let method = serverRequests.removeValue(forKey: id) {
        // The server's ids are its own; its request of the same method is answered.
        guard let request = try? client.serverRequest(within: options.timeout),
          request.method == method, let actual = request.id
        else { return fail("\(method) of the server", "it did not come again") }
        bytes = Array(WireText.readdressed(message, to: actual).utf8) + [10]
      }
    }
    do throws(HarnessError) {
      try client.send(bytes, within: options.timeout)
    } catch {
      fail("sending", "\(error)")
    }
  }

  private mutating func expect(_ line: Recording.Line) {
    guard let message = line.message, let id = message.member("id")?.text else {
      return
    }
    if let method = message.member("method")?.stringValue {
      serverRequests[id] = method
      return
    }
    let start = MonotonicClock.now
    let title = "\(methods[id] ?? "answer") \(id)"
    do throws(HarnessError) {
      let answer =
        id == "null"
        ? try client.errorWithoutID(within: options.timeout)
        : try client.response(to: id, within: options.timeout)
      var outcome = ScenarioOutcome(name: title, file: options.file)
      outcome.duration = MonotonicClock.now - start
      let pruned = message.pruned(of: options.ignoredPointers)
      let actual = answer.value.pruned(of: options.ignoredPointers)
      if let mismatch = pruned.firstDifference(from: actual) {
        outcome.failure = StepFailure(
          title: title, position: nil, message: "the answer differs from the recorded one",
          mismatch: mismatch)
      }
      outcomes.append(outcome)
    } catch {
      fail(title, "\(error)")
    }
  }

  private mutating func fail(_ title: String, _ message: String) {
    var outcome = ScenarioOutcome(name: title, file: options.file)
    outcome.failure = StepFailure(
      title: title, position: nil, message: message, mismatch: nil)
    outcome.stderr = client.stderr
    outcomes.append(outcome)
  }
}

extension JSONValue {
  /// Without what lies at any of the pointers, in which `*` stands for any one token.
  package func pruned(of pointers: [String]) -> JSONValue {
    let paths = pointers.map { pointer in
      pointer.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        .dropFirst().map { JSONValue.unescaped(token: Array($0)) }
    }
    return pruned(paths[...])
  }

  private func pruned(_ paths: ArraySlice<[String]>) -> JSONValue {
    guard !paths.isEmpty else { return self }
    func below(_ token: String) -> ArraySlice<[String]>? {
      let matching = paths.filter { $0.first == "*" || $0.first == token }
      if matching.contains(where: { $0.count == 1 }) { return nil }
      return ArraySlice(matching.map { Array($0.dropFirst()) })
    }
    switch self {
    case .object(let members):
      return .object(
        pairs: members.compactMap { pair in
          below(pair.key).map { (pair.key, pair.value.pruned($0)) }
        })
    case .array(let elements):
      // A removed element leaves null, so that those after it keep their places.
      return .array(
        elements.enumerated().map { index, element in
          below(String(index)).map { element.pruned($0) } ?? .null
        })
    default: return self
    }
  }

  private static func unescaped(token: [UInt8]) -> String {
    var text: [UInt8] = []
    var rest = token[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "~"), let next = rest.popFirst() {
        text.append(next == UInt8(ascii: "1") ? UInt8(ascii: "/") : UInt8(ascii: "~"))
      } else {
        text.append(byte)
      }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
