import Harness
import MCP
import RawJSON

/// A client of the gateway that asks one thing at a time, in the modern era.
///
/// Blocks while it waits; the commands have nothing else to do. The gateway is in a process group
/// of its own, so that Ctrl-C reaches us alone and we can end it in good order.
final class GatewayClient {
  /// What `notifications/progress` told.
  struct Progress {
    var progress: Double
    var total: Double?
    var message: String?
  }

  /// The longest wait before the next look for a Ctrl-C.
  private static let slice = Duration.milliseconds(200)
  /// The most that is shown of the gateway's log in an error message.
  private static let logLimit = 16 * 1024

  private let client: HarnessClient
  private var lastID = 0
  /// Messages of the gateway that have been looked at.
  private var seen = 0

  /// - Parameter showsLog: passes the log on to standard error as it comes.
  init(_ command: GatewayCommand, showsLog: Bool = false) throws {
    do {
      client = try HarnessClient(
        ServerCommand([command.executable] + command.arguments), revision: .newest)
    } catch .notStarted(_, let code) {
      throw GatewayClientError.cannotStart(
        path: command.executable, systemError: SystemText.error(code))
    }
    if showsLog { client.onErrors = { Terminal.error.write($0) } }
  }

  /// Ends the gateway and waits until it has gone.
  func close() {
    client.closeInput()
    // It promises to be out within two seconds of the end of its input.
    if (try? client.waitForExit(within: .seconds(3))) != nil { return }
    client.process.signal(15)
    // Whatever is left then is killed when the client goes.
    _ = try? client.waitForExit(within: .seconds(1))
  }

  /// Sends a request and waits for its result.
  ///
  /// - Parameters:
  ///   - timeout: in seconds from now; nil leaves it to the gateway's own deadlines.
  ///   - onProgress: asks for progress, and gets it.
  /// - Throws: `GatewayClientError`.
  func request(
    _ method: String, _ params: JSONObject = JSONObject(), timeout: Double? = nil,
    onProgress: ((Progress) -> Void)? = nil
  ) throws -> JSONValue {
    lastID += 1
    let id = String(lastID)
    var params = params
    var meta = JSONObject()
    meta["\(MetaKey.clientInfo)"] = Self.clientInfo
    if onProgress != nil { meta["progressToken"] = JSONValue(integerLiteral: lastID) }
    params["_meta"] = .object(meta)
    _ = try? client.request(method, .object(params), id: id)
    var left = timeout.map { Duration.seconds($0) }
    while true {
      if Interrupt.isPending {
        _ = try? client.cancel(id, reason: "interrupted")
        throw GatewayClientError.interrupted
      }
      if let left, left <= .zero {
        _ = try? client.cancel(id, reason: "timeout")
        throw GatewayClientError.timeout(seconds: timeout ?? 0)
      }
      let wait = min(left ?? Self.slice, Self.slice)
      let hasCome = client.run(until: { $0.messages.count > seen }, within: wait)
      left = left.map { $0 - wait }
      if let answer = try takeNews(id: id, onProgress) { return answer }
      if client.outputEnded, !hasCome { throw ended() }
    }
  }

  private static let clientInfo: JSONValue = [
    "name": "switchyard", "version": .string(Product.version),
  ]

  /// Every page of a list.
  func list(_ method: String, _ member: String, timeout: Double?) throws -> [JSONValue] {
    var items: [JSONValue] = []
    var params = JSONObject()
    while true {
      let page = try request(method, params, timeout: timeout)
      items += page[member]?.arrayValue ?? []
      guard let cursor = page["nextCursor"], cursor != params["cursor"] else { return items }
      params["cursor"] = cursor
    }
  }

  /// Looks at what has come; returns the result of request `id`, if that is among it.
  private func takeNews(id: String, _ onProgress: ((Progress) -> Void)?) throws -> JSONValue? {
    let messages = client.transcript.messages
    while seen < messages.count {
      let message = messages[seen]
      seen += 1
      if case .invalid = message.kind {
        throw GatewayClientError.notAMessage(line: String(message.text.prefix(200)).printable())
      }
      if message.method == "notifications/progress", message.progressToken == id {
        onProgress?(
          Progress(
            progress: message.params?["progress"]?.doubleValue ?? 0,
            total: message.params?["total"]?.doubleValue,
            message: message.params?["message"]?.stringValue))
      }
      guard message.method == nil, message.id == id else { continue }
      if let result = message.result { return result }
      throw GatewayClientError.refused(
        code: message.errorCode ?? 0, message: message.error?["message"]?.stringValue ?? "",
        data: message.error?["data"])
    }
    return nil
  }

  /// Services that could not be asked what they offer, and what is wrong in the configuration: a
  /// sentence each, in the order in which the gateway's log first says so.
  var troubles: [String] {
    var subjects: [String] = []
    var sentences: [String: String] = [:]
    for line in client.stderr.split(separator: "\n") {
      guard let entry = try? JSONValue(parsing: Array(line.utf8)),
        let event = entry["event"]?.stringValue
      else { continue }
      let sentence =
        switch event {
        case "discovery.failed": entry["why"]?.stringValue
        case "config.problem": entry["problem"]?.stringValue
        default: String?.none
        }
      guard let sentence else { continue }
      // Of a service that was asked again, what it said last.
      let subject = entry["service"]?.stringValue ?? sentence
      if sentences.updateValue(sentence, forKey: subject) == nil { subjects.append(subject) }
    }
    return subjects.compactMap { sentences[$0] }
  }

  private func ended() -> GatewayClientError {
    // Its last words may come after the end of its output.
    _ = try? client.waitForExit(within: .seconds(1))
    var log = client.stderr.suffix(Self.logLimit)
    if log.last == "\n" { log.removeLast() }
    return .ended(log: String(log).printable(keepsLines: true))
  }
}
