import RawJSON

/// The objects of a message whose members are looked at.
enum EnvelopeLevel {
  case message, params, paramsMeta, result, resultMeta, error

  /// The object that the value of `key` is, if its members matter.
  func level(under key: EnvelopeKey) -> EnvelopeLevel? {
    switch key {
    case .params: .params
    case .result: .result
    case .error: .error
    case .meta: self == .result ? .resultMeta : .paramsMeta
    default: nil
    }
  }

  /// The member that a key stands for, or nil if it is one that we pass on unread.
  ///
  /// Allocates only for a key with an escape, which is decoded first (row C10).
  ///
  /// - Parameter range: the key with its quotes.
  func key(_ range: ByteRange, in bytes: RawSpan) -> EnvelopeKey? {
    let text = range.insideQuotes
    if let key = plainKey(text, in: bytes) { return key }
    guard bytes.contains(UInt8(ascii: "\\"), in: text),
      let decoded = JSON.string(range, in: bytes)
    else { return nil }
    return unsafe plainKey(ByteRange(start: 0, end: decoded.count), in: decoded.span.bytes)
  }

  private func plainKey(_ text: ByteRange, in bytes: RawSpan) -> EnvelopeKey? {
    let (first, second) =
      switch self {
      case .message: messageKeys(ofCount: text.count)
      case .params: paramsKeys(ofCount: text.count)
      case .paramsMeta: metaKeys(ofCount: text.count)
      case .result: resultKeys(ofCount: text.count)
      case .resultMeta: resultMetaKeys(ofCount: text.count)
      case .error: errorKeys(ofCount: text.count)
      }
    guard let first else { return nil }
    if bytes.holds(first.name, at: text) { return first }
    if let second, bytes.holds(second.name, at: text) { return second }
    if self == .message, bytes.holds(EnvelopeKey.result.name, at: text) { return .result }
    return nil
  }

  // At most two keys of one level have the same length, but for three of the message itself.
  private typealias Candidates = (EnvelopeKey?, EnvelopeKey?)

  private func messageKeys(ofCount count: Int) -> Candidates {
    switch count {
    case 2: (.id, nil)
    case 5: (.error, nil)
    case 6: (.method, .params)
    case 7: (.jsonrpc, nil)
    default: (nil, nil)
    }
  }

  private func paramsKeys(ofCount count: Int) -> Candidates {
    switch count {
    case 3: (.uri, .ref)
    case 4: (.name, .task)
    case 5: (.meta, .level)
    case 6: (.cursor, nil)
    case 8: (.progress, .argument)
    case 9: (.arguments, .requestId)
    case 10: (.clientInfo, nil)
    case 12: (.capabilities, .requestState)
    case 13: (.progressToken, .notifications)
    case 14: (.inputResponses, nil)
    case 15: (.protocolVersion, nil)
    default: (nil, nil)
    }
  }

  private func metaKeys(ofCount count: Int) -> Candidates {
    switch count {
    case 13: (.metaProgressToken, nil)
    case 32: (.metaLogLevel, nil)
    case 34: (.metaClientInfo, nil)
    case 38: (.metaSubscriptionId, nil)
    case 39: (.metaProtocolVersion, nil)
    case 42: (.metaClientCapabilities, nil)
    default: (nil, nil)
    }
  }

  private func resultKeys(ofCount count: Int) -> Candidates {
    switch count {
    case 5: (.meta, .ttlMs)
    case 7: (.isError, nil)
    case 10: (.resultType, .cacheScope)
    case 12: (.requestState, nil)
    case 13: (.inputRequests, nil)
    default: (nil, nil)
    }
  }

  private func resultMetaKeys(ofCount count: Int) -> Candidates {
    switch count {
    case 34: (.metaServerInfo, nil)
    case 38: (.metaSubscriptionId, nil)
    default: (nil, nil)
    }
  }

  private func errorKeys(ofCount count: Int) -> Candidates {
    switch count {
    case 4: (.errorCode, .errorData)
    case 7: (.errorMessage, nil)
    default: (nil, nil)
    }
  }
}
