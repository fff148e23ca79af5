import RawJSON

/// What a running gateway can be told through its control socket.
enum ControlCommand: Hashable {
  /// What runs, and how it is.
  case status
  /// Switches a service on or off in this gateway; whoever says it keeps it in the state file.
  case turn(String, on: Bool)
  /// Reads the configuration anew and takes it over.
  case reload
  /// Reads the configuration and says what a reload would do.
  case difference
  /// What was counted, in the format of Prometheus.
  case metrics
  /// The same for a collector that speaks HTTP: `GET /metrics`.
  case scrape

  /// Reads one line; throws the answer to a line that is no command.
  init(_ line: [UInt8]) throws(ControlAnswer) {
    if line.starts(with: "GET ".utf8) {
      guard line.starts(with: "GET /metrics ".utf8) else { throw .notFound }
      self = .scrape
      return
    }
    guard let value = try? JSONValue(parsing: line), let object = value.objectValue else {
      throw .failure("not_json", "A command is a JSON object on one line.")
    }
    guard let word = object["command"]?.stringValue else {
      throw .failure("no_command", "A command has a text \"command\".")
    }
    switch word {
    case "status": self = .status
    case "enable", "disable":
      guard let service = object["service"]?.stringValue, service.utf8.count <= 64 else {
        throw .failure("no_service", "The command '\(word)' has a text \"service\".")
      }
      self = .turn(service, on: word == "enable")
    case "reload": self = .reload
    case "diff": self = .difference
    case "metrics": self = .metrics
    default:
      throw .failure("unknown_command", "This gateway knows no command '\(word.prefix(40))'.")
    }
  }
}

/// What it answers: one line, or to HTTP a response.
struct ControlAnswer: Error, Hashable {
  /// Without the newline at its end.
  let line: [UInt8]
  /// Whether it is the last one of its connection.
  var isLast = false

  /// `{"ok":true,...}`
  static func success(_ members: JSONObject) -> ControlAnswer {
    var object = JSONObject()
    object["ok"] = true
    for member in members { object[member.key] = member.value }
    return ControlAnswer(line: JSONValue.object(object).serialized())
  }

  static func success(_ members: KeyValuePairs<String, JSONValue>) -> ControlAnswer {
    success(JSONObject(members.map { .init(key: $0.key, value: $0.value) }))
  }

  /// `{"ok":false,"error":{"code":CODE,"message":MESSAGE}}`; the code is for programs.
  static func failure(_ code: String, _ message: String) -> ControlAnswer {
    let error: JSONValue = ["code": .string(code), "message": .string(message)]
    let object: JSONValue = ["ok": false, "error": error]
    return ControlAnswer(line: object.serialized())
  }

  // MARK: HTTP

  /// The text as the body of a response; what follows the first line of the request is not read.
  static func page(_ text: [UInt8]) -> ControlAnswer {
    response("200 OK", "text/plain; version=0.0.4; charset=utf-8", text)
  }

  static let notFound = response(
    "404 Not Found", "text/plain; charset=utf-8", Array("There is /metrics only.\n".utf8))

  private static func response(
    _ status: String, _ type: String, _ body: [UInt8]
  ) -> ControlAnswer {
    // A line is written with a newline, which is the last byte of the body.
    let body = body.last == UInt8(ascii: "\n") ? body.dropLast() : body[...]
    let head =
      "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.count + 1)\r\n"
      + "Connection: close\r\n\r\n"
    return ControlAnswer(line: Array(head.utf8) + body, isLast: true)
  }
}
