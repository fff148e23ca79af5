import Loop
import MCP
import RawJSON

/// What the client is told without having asked for it just now.
extension ClientSession {
  /// Writes a notice, or keeps it while the client is slow; two that say the same are one.
  func notify(_ line: [UInt8]) {
    if isClogged || !heldNotices.isEmpty {
      heldNotices.add(line)
    } else {
      write(line)
    }
  }

  /// The client reads again.
  func releaseNotices() {
    guard !heldNotices.isEmpty else { return }
    for line in heldNotices.takeAll() { write(line) }
  }
}

/// Composes notifications.
enum Notice {
  /// - Parameter members: of `params`, as JSON text without commas at its ends; empty for none.
  static func line(_ method: Method, _ members: [UInt8]) -> [UInt8] {
    var line: [UInt8] = []
    JSON.append(#"{"jsonrpc":"2.0","method":""#, to: &line)
    JSON.append(method.name, to: &line)
    line.append(UInt8(ascii: "\""))
    if !members.isEmpty {
      JSON.append(#","params":{"#, to: &line)
      line += members
      line.append(UInt8(ascii: "}"))
    }
    line.append(UInt8(ascii: "}"))
    return line
  }

  /// The members of a service's `params` for another hop: without those in `dropping` and
  /// without the keys of `_meta` that belong to the service's own hop.
  ///
  /// - Parameters:
  ///   - subscription: the id of the client's own subscription; `nil` for legacy clients.
  ///   - adding: members in place of those that were dropped.
  static func members(
    of envelope: Envelope, in bytes: RawSpan, dropping: StaticString? = nil,
    subscription: RequestID? = nil, adding: [UInt8] = []
  ) -> [UInt8] {
    var meta: [UInt8] = []
    if let subscription { meta = subscriptionKey(subscription) }
    if !envelope.meta.isAbsent {
      meta = JSON.rebuildObject(
        envelope.meta, in: bytes, dropping: { MetaKey.isReserved($0, in: bytes) }, adding: meta)
    } else if !meta.isEmpty {
      meta = [UInt8(ascii: "{")] + meta + [UInt8(ascii: "}")]
    }
    var added = adding
    if meta.count > 2 {
      if !added.isEmpty { added.append(UInt8(ascii: ",")) }
      JSON.append(#""_meta":"#, to: &added)
      added += meta
    }
    let object = JSON.rebuildObject(
      envelope.params, in: bytes,
      dropping: { key in
        JSON.equals(key, "_meta", in: bytes)
          || dropping.map { JSON.equals(key, $0, in: bytes) } == true
      }, adding: added)
    return Array(object.dropFirst().dropLast())
  }

  /// `_meta` that names a subscription, in the JSON type of its request id.
  static func subscriptionMeta(_ id: RequestID) -> [UInt8] {
    Array(#""_meta":{"#.utf8) + subscriptionKey(id) + [UInt8(ascii: "}")]
  }

  private static func subscriptionKey(_ id: RequestID) -> [UInt8] {
    var key: [UInt8] = []
    JSON.append(#""io.modelcontextprotocol/subscriptionId":"#, to: &key)
    return key + id.bytes
  }

  /// `"uri":` and the URI.
  static func uriMember(_ uri: [UInt8]) -> [UInt8] {
    var member = Array(#""uri":"#.utf8)
    JSON.appendQuoted(uri, to: &member)
    return member
  }
}

extension MetaKey {
  /// Whether a key of `_meta` belongs to one hop: every name that the protocol reserves for
  /// envelopes, and the subscription. `related-task` names a task and is no such key.
  static func isReserved(_ key: ByteRange, in bytes: RawSpan) -> Bool {
    JSON.equals(key, protocolVersion, in: bytes) || JSON.equals(key, clientInfo, in: bytes)
      || JSON.equals(key, clientCapabilities, in: bytes) || JSON.equals(key, logLevel, in: bytes)
      || JSON.equals(key, serverInfo, in: bytes) || JSON.equals(key, subscriptionId, in: bytes)
  }
}
