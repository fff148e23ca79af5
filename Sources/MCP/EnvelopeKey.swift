import RawJSON

/// The members of a message that are looked at, one case for each place where one may stand.
///
/// Each may stand there once; a second one makes the message invalid (row C09). `Envelope` keeps
/// the places of the ones that every message is asked for; the others are found when needed.
package enum EnvelopeKey: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  // The message itself.
  case jsonrpc, id, method, params, result, error
  // `params`.
  case name, uri, arguments, cursor, requestId, progress, progressToken, level, ref, argument
  case protocolVersion, clientInfo, capabilities, task, notifications, inputResponses
  // `params.ref` of `completion/complete`.
  case refType, refName, refURI
  // `params` or `result`.
  case meta, requestState
  // `params._meta`.
  case metaProgressToken, metaProtocolVersion, metaClientInfo, metaClientCapabilities, metaLogLevel
  // `params._meta` or `result._meta`.
  case metaSubscriptionId
  // `result` and `result._meta`.
  case resultType, ttlMs, cacheScope, isError, inputRequests, metaServerInfo
  // `error`.
  case errorCode, errorMessage, errorData

  /// The member's name as it is written in JSON.
  package var name: StaticString {
    switch self {
    case .jsonrpc: "jsonrpc"
    case .id: "id"
    case .method: "method"
    case .params: "params"
    case .result: "result"
    case .error: "error"
    case .name: "name"
    case .uri: "uri"
    case .arguments: "arguments"
    case .cursor: "cursor"
    case .requestId: "requestId"
    case .progress: "progress"
    case .progressToken, .metaProgressToken: "progressToken"
    case .level: "level"
    case .ref: "ref"
    case .argument: "argument"
    case .protocolVersion: "protocolVersion"
    case .clientInfo: "clientInfo"
    case .capabilities: "capabilities"
    case .task: "task"
    case .notifications: "notifications"
    case .inputResponses: "inputResponses"
    case .meta: "_meta"
    case .refType: "type"
    case .refName: "name"
    case .refURI: "uri"
    case .requestState: "requestState"
    default: nameInMetaOrOutcome
    }
  }

  private var nameInMetaOrOutcome: StaticString {
    switch self {
    case .metaProtocolVersion: MetaKey.protocolVersion
    case .metaClientInfo: MetaKey.clientInfo
    case .metaClientCapabilities: MetaKey.clientCapabilities
    case .metaLogLevel: MetaKey.logLevel
    case .metaSubscriptionId: MetaKey.subscriptionId
    case .metaServerInfo: MetaKey.serverInfo
    case .resultType: "resultType"
    case .ttlMs: "ttlMs"
    case .cacheScope: "cacheScope"
    case .isError: "isError"
    case .inputRequests: "inputRequests"
    case .errorCode: "code"
    case .errorMessage: "message"
    case .errorData: "data"
    default: ""
    }
  }
}

/// The objects of a message whose members are looked at.
private enum EnvelopeLevel: UInt8 {
  case message, params, ref, paramsMeta, result, resultMeta, error
}

extension EnvelopeKey {
  /// Every key at every place where it may stand.
  static let table = NameTable(
    names(of: .message, [.jsonrpc, .id, .method])
      + names(of: .message, [.params], inside: .params)
      + names(of: .message, [.result], inside: .result)
      + names(of: .message, [.error], inside: .error)
      + names(
        of: .params,
        [
          .name, .uri, .arguments, .cursor, .requestId, .progress, .progressToken, .level,
          .argument, .protocolVersion, .clientInfo, .capabilities, .task, .notifications,
          .inputResponses, .requestState,
        ])
      + names(of: .params, [.ref], inside: .ref)
      + names(of: .ref, [.refType, .refName, .refURI])
      + names(of: .params, [.meta], inside: .paramsMeta)
      + names(
        of: .paramsMeta,
        [
          .metaProgressToken, .metaProtocolVersion, .metaClientInfo, .metaClientCapabilities,
          .metaLogLevel, .metaSubscriptionId,
        ])
      + names(
        of: .result, [.resultType, .ttlMs, .cacheScope, .isError, .inputRequests, .requestState])
      + names(of: .result, [.meta], inside: .resultMeta)
      + names(of: .resultMeta, [.metaServerInfo, .metaSubscriptionId])
      + names(of: .error, [.errorCode, .errorMessage, .errorData]))

  private static func names(
    of level: EnvelopeLevel, _ keys: [EnvelopeKey], inside inner: EnvelopeLevel? = nil
  ) -> [NameTable.Name] {
    keys.map {
      NameTable.Name($0.name, level: level.rawValue, slot: $0.rawValue, inner: inner?.rawValue)
    }
  }
}
