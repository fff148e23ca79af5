import RawJSON

extension Method {
  /// The method whose name is the string at `range` (quotes included), escapes decoded.
  ///
  /// Allocates only for a name with an escape, such as the `tools\/call` of PHP.
  static func named(_ range: ByteRange, in bytes: RawSpan) -> Method {
    let text = range.insideQuotes
    let method = candidate(text, in: bytes)
    if method != .unknown || !bytes.contains(UInt8(ascii: "\\"), in: text) { return method }
    guard let decoded = JSON.string(range, in: bytes) else { return .unknown }
    return unsafe candidate(ByteRange(start: 0, end: decoded.count), in: decoded.span.bytes)
  }

  /// The method with this name, compared as bytes.
  package init(named name: some Collection<UInt8>) {
    let match = Self.allCases.first { method in
      method.name.withUTF8Buffer { unsafe name.elementsEqual($0) }
    }
    self = name.isEmpty ? .unknown : match ?? .unknown
  }

  /// The length of a name leaves at most three methods to compare with.
  private static func candidate(_ text: ByteRange, in bytes: RawSpan) -> Method {
    func either(_ one: Method, _ two: Method = .unknown, _ three: Method = .unknown) -> Method {
      if bytes.holds(one.name, at: text) { return one }
      if two != .unknown, bytes.holds(two.name, at: text) { return two }
      if three != .unknown, bytes.holds(three.name, at: text) { return three }
      return .unknown
    }
    switch text.count {
    case 4: return either(.ping)
    case 9: return either(.tasksGet)
    case 10:
      let found = either(.toolsCall, .toolsList, .initialize)
      return found == .unknown ? either(.rootsList, .tasksList) : found
    case 11: return either(.promptsGet)
    case 12:
      let found = either(.promptsList, .tasksResult, .tasksCancel)
      return found == .unknown ? either(.tasksUpdate) : found
    case 14: return either(.resourcesRead, .resourcesList)
    case 15: return either(.discover)
    case 16: return either(.loggingSetLevel)
    case 18: return either(.elicitationCreate)
    case 19: return either(.completionComplete, .resourcesSubscribe, .tasksChanged)
    case 20: return either(.subscriptionsListen)
    case 21: return either(.message, .resourcesUnsubscribe)
    case 22: return either(.progress, .samplingCreateMessage)
    case 23: return either(.cancelled)
    case 24: return either(.resourcesTemplatesList)
    case 25: return either(.initialized)
    case 26: return either(.tasksStatus)
    case 31: return either(.resourcesUpdated)
    case 32: return either(.toolsListChanged, .rootsListChanged)
    case 34: return either(.promptsListChanged, .elicitationFinished)
    case 36: return either(.resourcesListChanged)
    case 40: return either(.subscriptionsAcknowledged)
    default: return .unknown
    }
  }
}
