/// Every method of every revision, requests and notifications of both sides.
public enum Method: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// A method that no revision defines.
  case unknown
  case initialize, ping, discover
  case toolsList, toolsCall
  case promptsList, promptsGet
  case resourcesList, resourcesTemplatesList, resourcesRead
  case resourcesSubscribe, resourcesUnsubscribe
  case completionComplete, loggingSetLevel, subscriptionsListen
  case rootsList, samplingCreateMessage, elicitationCreate
  case tasksGet, tasksResult, tasksList, tasksCancel, tasksUpdate
  case initialized, cancelled, progress, message
  case toolsListChanged, promptsListChanged, resourcesListChanged, resourcesUpdated
  case rootsListChanged, elicitationFinished, subscriptionsAcknowledged
  case tasksStatus, tasksChanged

  /// Whether the request is for one service that only its parameters name.
  package var isCall: Bool {
    switch self {
    case .toolsCall, .promptsGet, .resourcesRead, .completionComplete: true
    default: false
    }
  }

  /// The method's name on the wire; empty for `unknown`.
  package var name: StaticString {
    switch self {
    case .unknown: ""
    case .initialize: "initialize"
    case .ping: "ping"
    case .discover: "server/discover"
    case .toolsList: "tools/list"
    case .toolsCall: "tools/call"
    case .promptsList: "prompts/list"
    case .promptsGet: "prompts/get"
    case .resourcesList: "resources/list"
    case .resourcesTemplatesList: "resources/templates/list"
    case .resourcesRead: "resources/read"
    case .resourcesSubscribe: "resources/subscribe"
    case .resourcesUnsubscribe: "resources/unsubscribe"
    case .completionComplete: "completion/complete"
    case .loggingSetLevel: "logging/setLevel"
    case .subscriptionsListen: "subscriptions/listen"
    case .rootsList: "roots/list"
    case .samplingCreateMessage: "sampling/createMessage"
    case .elicitationCreate: "elicitation/create"
    case .tasksGet: "tasks/get"
    case .tasksResult: "tasks/result"
    case .tasksList: "tasks/list"
    case .tasksCancel: "tasks/cancel"
    case .tasksUpdate: "tasks/update"
    default: notificationName
    }
  }

  /// Whether the method is a notification, which has no id and no answer.
  package var isNotification: Bool { rawValue >= Method.initialized.rawValue }

  private var notificationName: StaticString {
    switch self {
    case .initialized: "notifications/initialized"
    case .cancelled: "notifications/cancelled"
    case .progress: "notifications/progress"
    case .message: "notifications/message"
    case .toolsListChanged: "notifications/tools/list_changed"
    case .promptsListChanged: "notifications/prompts/list_changed"
    case .resourcesListChanged: "notifications/resources/list_changed"
    case .resourcesUpdated: "notifications/resources/updated"
    case .rootsListChanged: "notifications/roots/list_changed"
    case .elicitationFinished: "notifications/elicitation/complete"
    case .subscriptionsAcknowledged: "notifications/subscriptions/acknowledged"
    case .tasksStatus: "notifications/tasks/status"
    case .tasksChanged: "notifications/tasks"
    default: ""
    }
  }
}

// The compiler's own comparison is called through a witness table from other modules.
extension Method {
  @inlinable @inline(__always)
  public static func == (left: Method, right: Method) -> Bool {
    unsafe unsafeBitCast(left, to: UInt8.self) == unsafeBitCast(right, to: UInt8.self)
  }
}
