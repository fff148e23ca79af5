import RawJSON

/// What has happened to a service, as clients that want log messages are told.
///
/// The sentences say nothing of what the service wrote or was given: log messages
/// go to models and people that secrets are kept from (promise I11).
enum ServiceEvent {
  case started
  case restarted
  /// It ended without having been told to.
  case stopped
  /// It cannot be started, or crashes again and again.
  case off
  /// It has failed so often that it gets no calls for a while, or gets them again.
  case circuitOpen, circuitClosed
  /// Calls wait, because it has as many as it may have.
  case waiting
  /// Calls of an API wait for its rate, for a place, or for the end of a pause.
  case limited
  /// Log messages of it were dropped.
  case suppressed(Int)

  var level: LogLevel {
    switch self {
    case .started: .debug
    case .restarted, .waiting, .limited, .circuitClosed: .notice
    case .stopped, .suppressed, .circuitOpen: .warning
    case .off: .error
    }
  }

  /// A stable word for programs.
  var name: StaticString {
    switch self {
    case .started: "service_started"
    case .restarted: "service_restarted"
    case .stopped: "service_stopped"
    case .off: "service_off"
    case .circuitOpen: "circuit_open"
    case .circuitClosed: "circuit_closed"
    case .waiting, .limited: "calls_wait"
    case .suppressed: "messages_suppressed"
    }
  }

  func sentence(about service: String) -> String {
    switch self {
    case .started: "Service '\(service)' was started."
    case .restarted: "Service '\(service)' was started again."
    case .stopped: "Service '\(service)' ended unexpectedly."
    case .off:
      "Service '\(service)' cannot be used: it does not start, or ends again and again."
    case .circuitOpen:
      "Service '\(service)' has failed again and again and gets no calls for a while."
    case .circuitClosed: "Service '\(service)' gets calls again."
    case .waiting: "Calls wait, because service '\(service)' has as many as it may have."
    case .limited: "Calls wait for a limit of service '\(service)'."
    case .suppressed(let count):
      "\(count) log messages of service '\(service)' were dropped: there were too many."
    }
  }

  /// The members of `notifications/message`.
  func members(about service: String) -> [UInt8] {
    var members = Array(#""level":"\#(level.name)","logger":"switchyard","data":{"event":""#.utf8)
    members += #"\#(name)","service":"#.utf8
    JSON.appendQuoted(service.utf8, to: &members)
    if case .suppressed(let count) = self { members += #","count":\#(count)"#.utf8 }
    members += #","message":"#.utf8
    JSON.appendQuoted(sentence(about: service).utf8, to: &members)
    members.append(UInt8(ascii: "}"))
    return members
  }
}
