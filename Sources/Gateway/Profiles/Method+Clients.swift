import MCP

extension Method {
  /// Whether a notification of a service is told to clients that did not ask for it.
  var isForClients: Bool {
    switch self {
    case .elicitationFinished, .resourcesUpdated, .message, .unknown: true
    default: false
    }
  }
}
