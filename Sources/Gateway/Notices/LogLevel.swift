import RawJSON

/// How much a log message matters, least first (RFC 5424, as MCP names them).
enum LogLevel: Int, CaseIterable, Comparable, Sendable {
  case debug, info, notice, warning, error, critical, alert, emergency

  var name: StaticString {
    switch self {
    case .debug: "debug"
    case .info: "info"
    case .notice: "notice"
    case .warning: "warning"
    case .error: "error"
    case .critical: "critical"
    case .alert: "alert"
    case .emergency: "emergency"
    }
  }

  /// The level that the JSON string at `range` names; `nil` if it is none.
  init?(_ range: ByteRange, in bytes: RawSpan) {
    guard let match = Self.allCases.first(where: { JSON.equals(range, $0.name, in: bytes) }) else {
      return nil
    }
    self = match
  }

  static func < (left: LogLevel, right: LogLevel) -> Bool { left.rawValue < right.rawValue }
}
