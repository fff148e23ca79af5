import RawJSON

/// One thing that somebody should know, and do something about.
struct Finding {
  let code: FindingCode
  /// The service that it concerns; nil if it concerns more than one.
  let service: String?
  /// What was found here: names, numbers and places, without a full stop.
  let detail: String

  init(_ code: FindingCode, _ service: String? = nil, _ detail: String) {
    self.code = code
    self.service = service
    self.detail = detail
  }

  var json: JSONValue {
    [
      "code": .string(code.rawValue), "severity": .string(code.severity.rawValue),
      "service": service.map { .string($0) } ?? .null, "detail": .string(detail),
      "explanation": .string(code.explanation), "fix": .string(code.fix),
    ]
  }

  func text(for terminal: Terminal) -> String {
    let style: Terminal.Style =
      switch code.severity {
      case .error: .red
      case .warning: .yellow
      case .note: .dim
      }
    let subject = service.map { $0.printable() + ": " } ?? ""
    return "\(terminal.styled("\(code.severity.rawValue) \(code.rawValue)", style))\n"
      + "  \(subject)\(detail.printable())\n  \(code.explanation)\n  Fix: \(code.fix)\n"
  }
}
