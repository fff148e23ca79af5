import Backend
import Loop
import MCP
import RawJSON

/// The edits that carry one message from one side to the other.
///
/// Within one era only the id, the progress token and the name differ. Across
/// eras, and for what belongs to one hop only, the members named in
/// protocol.md 5.4 are added or taken away. Every other byte is the sender's own
/// (promise I10); the documented exceptions are exactly the edits in this file.
enum Translation {
  /// Fills `splice` with what turns a client's request into one for a service.
  ///
  /// - Parameters:
  ///   - name: where the public name stands, and the service's own name as JSON.
  ///   - id: our id of the exchange, which is its progress token as well.
  ///   - profile: what a modern service is told of the client; nil for a legacy one.
  static func request(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, to revision: Revision, id: UInt64,
    name: (range: ByteRange, own: [UInt8])?, for profile: ClientProfile?,
    logLevel: LogLevel? = nil, splice: inout Splice
  ) {
    splice.removeAll()
    splice.replace(envelope.id, with: id)
    if let name {
      splice.replace(name.range, with: name.own)
    }
    if revision.era == .legacy, !envelope.isModern, !hasKeysOfOneHop(envelope) {
      splice.replace(envelope.progressToken, with: id)
    } else {
      requestMeta(line, envelope, id: id, for: profile, logLevel, splice: &splice)
    }
  }

  /// `_meta` of a request that crosses eras, or that is modern: the envelope of
  /// one hop never travels to the next.
  private static func requestMeta(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, id: UInt64,
    for profile: ClientProfile?, _ logLevel: LogLevel?, splice: inout Splice
  ) {
    let bytes = line.bytes
    var own: [UInt8] = []
    if let profile {
      own += profile.envelope
      if let logLevel { own += #","io.modelcontextprotocol/logLevel":"\#(logLevel.name)""#.utf8 }
    }
    if !envelope.progressToken.isAbsent {
      if !own.isEmpty { own.append(UInt8(ascii: ",")) }
      own += #""progressToken":"#.utf8
      JSON.append(id, to: &own)
    }
    if !envelope.meta.isAbsent {
      let meta = JSON.rebuildObject(
        envelope.meta, in: bytes, dropping: { isOfOneHop($0, in: bytes) }, adding: own)
      splice.replace(envelope.meta, with: meta)
    } else if !own.isEmpty {
      let meta = Array(#""_meta":{"#.utf8) + own + [UInt8(ascii: "}")]
      if JSON.isObject(envelope.params, in: bytes) {
        insertMember(meta, into: envelope.params, of: bytes, splice: &splice)
      } else {
        let params = Array(#""params":{"#.utf8) + meta + [UInt8(ascii: "}")]
        insertMember(params, into: envelope.whole, of: bytes, splice: &splice)
      }
    }
  }

  /// A legacy request with keys of the modern envelope in its `_meta` (row C32).
  private static func hasKeysOfOneHop(_ envelope: Envelope) -> Bool {
    !envelope.clientInfo.isAbsent || !envelope.clientCapabilities.isAbsent
      || !envelope.logLevel.isAbsent || !envelope.subscriptionId.isAbsent
  }

  /// Keys of `_meta` that describe one hop: the envelope, and our own token.
  private static func isOfOneHop(_ key: ByteRange, in bytes: RawSpan) -> Bool {
    JSON.equals(key, MetaKey.protocolVersion, in: bytes)
      || JSON.equals(key, MetaKey.clientInfo, in: bytes)
      || JSON.equals(key, MetaKey.clientCapabilities, in: bytes)
      || JSON.equals(key, MetaKey.logLevel, in: bytes)
      || JSON.equals(key, MetaKey.subscriptionId, in: bytes)
      || JSON.equals(key, MetaKey.progressToken, in: bytes)
  }

  private static func insertMember(
    _ member: [UInt8], into object: ByteRange, of bytes: RawSpan, splice: inout Splice
  ) {
    var isEmpty = true
    JSON.forEachMember(of: object, in: bytes) { _, _ in isEmpty = false }
    splice.insert(at: object.start + 1) { output in
      output += member
      if !isEmpty { output.append(UInt8(ascii: ",")) }
    }
  }

  /// Fills `splice` with what turns a service's answer into the client's.
  static func answer(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, from revision: Revision,
    to client: Revision, as identity: ServerIdentity, method: Method, id: RequestID,
    splice: inout Splice
  ) {
    splice.removeAll()
    splice.replace(envelope.id) { id.append(to: &$0) }
    switch (envelope.kind, revision.era, client.era) {
    case (.result, .legacy, .legacy): break
    case (.result, _, .modern):
      modernResult(
        line, envelope, method: method, from: revision, as: identity, splice: &splice)
    case (.result, .modern, .legacy):
      splice.replace(envelope.result, with: legacyResult(line, envelope))
    case (.failure, _, _): errorCode(line, envelope, to: client, splice: &splice)
    default: break
    }
  }

  /// Codes that only some revisions know become the one that all of them have for wrong parameters.
  private static func errorCode(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, to revision: Revision,
    splice: inout Splice
  ) {
    guard let number = JSON.integer(envelope.errorCode, in: line.bytes),
      let code = ErrorCode(rawValue: Int(number)), let feature = Feature(code),
      !revision.has(feature)
    else { return }
    splice.replace(envelope.errorCode) { $0 += String(ErrorCode.invalidParams.rawValue).utf8 }
  }

  private static func modernResult(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, method: Method, from revision: Revision,
    as identity: ServerIdentity, splice: inout Splice
  ) {
    let bytes = line.bytes
    guard JSON.isObject(envelope.result, in: bytes) else { return }
    let isItsOwn = identity.isService && revision.era == .modern
    if !envelope.meta.isAbsent, !isItsOwn {
      let meta = JSON.rebuildObject(
        envelope.meta, in: bytes, dropping: { JSON.equals($0, MetaKey.serverInfo, in: bytes) },
        adding: identity.metaMember)
      splice.replace(envelope.meta, with: meta)
    }
    var added: [UInt8] = []
    if envelope.resultType.isAbsent { added += ModernResult.complete.utf8 }
    let isComplete =
      envelope.resultType.isAbsent || JSON.equals(envelope.resultType, "complete", in: bytes)
    if method == .resourcesRead, isComplete, envelope.ttlMs.isAbsent {
      if !added.isEmpty { added.append(UInt8(ascii: ",")) }
      added += ModernResult.uncached.utf8
    }
    if envelope.meta.isAbsent {
      if !added.isEmpty { added.append(UInt8(ascii: ",")) }
      added += identity.meta
    }
    if !added.isEmpty { insertMember(added, into: envelope.result, of: bytes, splice: &splice) }
  }

  /// Without the members that only the modern era has; `structuredContent` had to
  /// be an object before.
  private static func legacyResult(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope
  ) -> [UInt8] {
    let bytes = line.bytes
    let structured = JSON.member("structuredContent", of: envelope.result, in: bytes)
    let keepsStructured = JSON.isObject(structured, in: bytes)
    var meta: [UInt8] = []
    if !envelope.meta.isAbsent {
      let kept = JSON.rebuildObject(
        envelope.meta, in: bytes, dropping: { JSON.equals($0, MetaKey.serverInfo, in: bytes) })
      if kept.count > 2 { meta = Array(#""_meta":"#.utf8) + kept }
    }
    return JSON.rebuildObject(
      envelope.result, in: bytes,
      dropping: { key in
        JSON.equals(key, "resultType", in: bytes) || JSON.equals(key, "_meta", in: bytes)
          || JSON.equals(key, "ttlMs", in: bytes)
          || JSON.equals(key, "cacheScope", in: bytes)
          || (!keepsStructured && JSON.equals(key, "structuredContent", in: bytes))
      }, adding: meta)
  }
}

/// The members that results of the modern era carry (protocol.md 4.2 and 4.5).
enum ModernResult {
  static let complete = #""resultType":"complete""#
  /// The most careful promise: do not keep it, and show it to nobody else.
  static let uncached = #""ttlMs":0,"cacheScope":"private""#
}
