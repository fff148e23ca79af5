// What differs between the revisions, as data. A new revision is a new case in
// `Revision` and changed rows here.

extension Method {
  /// The revisions whose schema has the method, as a message or, in the modern era, inside
  /// `inputRequests`; nil for methods of extensions and unknown ones.
  package var revisions: ClosedRange<Revision>? {
    switch self {
    case .toolsList, .toolsCall, .promptsList, .promptsGet, .resourcesList,
      .resourcesTemplatesList, .resourcesRead, .completionComplete, .rootsList,
      .samplingCreateMessage, .cancelled, .progress, .message, .toolsListChanged,
      .promptsListChanged, .resourcesListChanged, .resourcesUpdated:
      .r2024_11_05 ... .r2026_07_28
    case .initialize, .initialized, .ping, .loggingSetLevel, .resourcesSubscribe,
      .resourcesUnsubscribe, .rootsListChanged:
      .r2024_11_05 ... .r2025_11_25
    case .elicitationCreate: .r2025_06_18 ... .r2026_07_28
    case .tasksGet, .tasksResult, .tasksList, .tasksCancel, .tasksStatus, .elicitationFinished:
      .r2025_11_25 ... .r2025_11_25
    case .discover, .subscriptionsListen, .subscriptionsAcknowledged:
      .r2026_07_28 ... .r2026_07_28
    case .tasksUpdate, .tasksChanged, .unknown: nil
    }
  }

  /// Whether the revision's schema has the method.
  package func isDefined(in revision: Revision) -> Bool {
    revisions?.contains(revision) ?? false
  }

  /// Requests that a server makes of a client: messages of their own in the legacy era, entries of
  /// `inputRequests` in the modern one. `ping` goes both ways and is not among them.
  package var isAskedByServer: Bool {
    switch self {
    case .rootsList, .samplingCreateMessage, .elicitationCreate: true
    default: false
    }
  }
}

/// What some revisions have and others lack, other than methods.
package enum Feature: CaseIterable, Sendable {
  /// A line may be an array of messages.
  case batches
  /// `message` in `notifications/progress`.
  case progressMessage
  /// `structuredContent` in results and `outputSchema` in tools.
  case structuredContent
  /// `structuredContent` that is no object, and schemas of any type.
  case anyStructuredContent
  /// `execution` in tools.
  case toolExecution
  /// `resultType` in every result, `ttlMs` and `cacheScope` in those of lists and reads.
  case resultType
  /// A response may have no id, where others write null.
  case errorWithoutID
  /// A resource that does not exist is `resourceNotFound`, not `invalidParams`.
  case resourceNotFoundCode
  /// `urlElicitationRequired` may be answered.
  case urlElicitationCode
  /// `mode` in `elicitation/create`, and the mode `url`.
  case elicitationMode
  /// `elicitationId`, by which a service says later that its URL was visited.
  case elicitationID
  /// `tools` and `toolChoice` in `sampling/createMessage`.
  case samplingTools
  /// Requests of a service to the client are messages of their own; otherwise they are entries of
  /// `inputRequests`, and the call is tried again with `inputResponses` and `requestState`.
  case requestsByService
  /// `missingClientCapability` may be answered.
  case missingCapabilityCode

  /// The revisions that have it.
  package var revisions: ClosedRange<Revision> {
    switch self {
    case .batches: .r2025_03_26 ... .r2025_03_26
    case .progressMessage: .r2025_03_26 ... .newest
    case .structuredContent: .r2025_06_18 ... .newest
    case .elicitationMode, .samplingTools: .r2025_11_25 ... .newest
    case .anyStructuredContent, .resultType, .errorWithoutID, .missingCapabilityCode:
      .r2026_07_28 ... .newest
    case .toolExecution, .urlElicitationCode, .elicitationID: .r2025_11_25 ... .r2025_11_25
    case .resourceNotFoundCode, .requestsByService: .r2024_11_05 ... .r2025_11_25
    }
  }
}

extension Feature {
  /// The feature to which an error code belongs, if not every revision knows it.
  package init?(_ code: ErrorCode) {
    switch code {
    case .resourceNotFound: self = .resourceNotFoundCode
    case .urlElicitationRequired: self = .urlElicitationCode
    case .missingClientCapability: self = .missingCapabilityCode
    default: return nil
    }
  }
}

extension Revision {
  /// Whether the revision has the feature.
  package func has(_ feature: Feature) -> Bool { feature.revisions.contains(self) }
}
