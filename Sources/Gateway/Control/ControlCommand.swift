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

  /// Reads one line; throws the answer to a line that is no command.
  init(_ line: [UInt8]) throws(ControlAnswer) {
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

/// What it answers: one line.
struct ControlAnswer: Error, Hashable {
  let line: [UInt8]

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
}
