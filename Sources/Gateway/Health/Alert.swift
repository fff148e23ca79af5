import Glibc
import Health
import RawJSON

/// An alert in words.
///
/// It names the service and what is wrong with it in words of ours; nothing that a service wrote
/// or was given stands in it (promise I11).
struct Alert {
  let event: AlertEvent
  let service: String

  init(_ event: AlertEvent, service: String) {
    self.event = event
    self.service = service
  }

  var sentence: String {
    if event.isResolved {
      return event.reason == .disabled
        ? "Service '\(service)' is not served any more." : "Service '\(service)' does well again."
    }
    let what =
      switch event.reason {
      case .slow: "answers slowly"
      case .failing: "fails a part of its calls"
      case .garbage: "writes lines on its stdout that are no messages"
      case .unanswered: "does not answer"
      case .crashed: "ended by itself and is not back yet"
      case .cannotStart: "cannot be started"
      case .flapping: "ends again and again; it is tried once a minute"
      case .answers, .idle, .disabled: "is \(event.rule.rawValue)"
      }
    let more = event.suppressed > 0 ? " (raised \(event.suppressed) more times meanwhile)" : ""
    return "Service '\(service)' is \(event.rule.rawValue): it \(what).\(more)"
  }

  /// For the webhook and the command.
  var json: [UInt8] {
    var object = JSONObject()
    object["alert"] = .string(event.rule.rawValue)
    object["status"] = event.isResolved ? "resolved" : "raised"
    object["level"] = .string(event.level.rawValue)
    object["service"] = .string(service)
    object["reason"] = .string(event.reason.rawValue)
    object["message"] = .string(sentence)
    object["suppressed"] = .count(event.suppressed)
    object["at"] = .count(Int(Gateway.secondsSince1970()))
    object["gateway"] = .count(Int(getpid()))
    return JSONValue.object(object).serialized()
  }

  /// The members of `notifications/message`.
  var members: [UInt8] {
    var members = Array(#""level":"\#(clientLevel.name)","logger":"switchyard","data":{"#.utf8)
    members += #""event":"\#(event.isResolved ? "alert_resolved" : "alert")","service":"#.utf8
    JSON.appendQuoted(service.utf8, to: &members)
    members += #","alert":"\#(event.rule.rawValue)","message":"#.utf8
    JSON.appendQuoted(sentence.utf8, to: &members)
    members.append(UInt8(ascii: "}"))
    return members
  }

  /// The word of MCP for its level.
  var clientLevel: LogLevel {
    switch event.level {
    case .info: .info
    case .warning: .warning
    case .error: .error
    case .critical: .critical
    }
  }
}
