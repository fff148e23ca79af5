import MCP
import RawJSON

/// What a service asks of the client: roots, a sample of its model, or something of its user.
///
/// In the legacy era a request of the service's own, in the modern one an entry of
/// `inputRequests`. A value without a way to anybody: it knows what the client must be able
/// to do, and how the question reads in each revision.
struct Question: Hashable {
  /// Why a question is not passed on to the client.
  struct Refusal: Error, Hashable {
    var code: ErrorCode
    var text: String
  }

  let method: Method
  /// As the service wrote them; empty if there were none.
  let params: [UInt8]
  /// What the client must have declared.
  let needs: ClientAbilities

  /// Nothing if the method is none of the three, or the mode of an elicitation is unknown.
  init?(_ method: Method, params: ByteRange, in bytes: RawSpan) {
    self.method = method
    self.params = JSON.copy(params, in: bytes)
    func has(_ key: StaticString) -> Bool {
      !JSON.member(key, of: params, in: bytes).isAbsent
    }
    switch method {
    case .rootsList: needs = .roots
    case .samplingCreateMessage:
      let usesTools = has("tools") || has("toolChoice")
      needs = usesTools ? [.sampling, .samplingTools] : .sampling
    case .elicitationCreate:
      let mode = JSON.member("mode", of: params, in: bytes)
      if mode.isAbsent || JSON.equals(mode, "form", in: bytes) {
        needs = .forms
      } else if JSON.equals(mode, "url", in: bytes) {
        needs = .urls
      } else {
        return nil
      }
    default: return nil
    }
  }

  /// Why a client with these abilities cannot be asked; nil if it can.
  ///
  /// A feature that was not declared at all does not exist for the service; a mode or a part
  /// that was not declared makes its parameters wrong (2025-11-25).
  func refusal(by abilities: ClientAbilities) -> Refusal? {
    guard !abilities.isSuperset(of: needs) else { return nil }
    let feature: ClientAbilities = method == .elicitationCreate ? [.forms, .urls] : needs
    let isKnown = !abilities.isDisjoint(with: feature)
    return Refusal(
      code: isKnown ? .invalidParams : .methodNotFound,
      text: isKnown
        ? "The client has not declared what this \(method.name) asks for."
        : "The client has not declared that it answers \(method.name).")
  }

  /// What is said to a service whose question nobody will answer any more: `result` or `error`
  /// with its value.
  func withdrawal(because why: StaticString) -> [UInt8] {
    if method == .elicitationCreate { return Array(#""result":{"action":"cancel"}"#.utf8) }
    return Array(#""error":{"code":\#(ErrorCode.timeout.rawValue),"message":"\#(why)"}"#.utf8)
  }
}

/// How a question reads in a revision.
extension Question {
  /// The parameters for a client of `revision`; the service's own bytes where nothing differs.
  ///
  /// - Parameters:
  ///   - number: our number of the question: its progress token, if the service wants
  ///     progress, and the id of an elicitation that has none.
  ///   - task: the task of the gateway's own in whose course it is asked (2025-11-25).
  func params(for revision: Revision, number: UInt64?, task: OfferedTask? = nil) -> [UInt8] {
    let related = task.map { TaskDescription.relatedMember($0.id) } ?? []
    guard !params.isEmpty else {
      return related.isEmpty ? [] : Array(#"{"_meta":{"#.utf8) + related + Array("}}".utf8)
    }
    let bytes = params.span.bytes
    let whole = ByteRange(start: 0, end: params.count)
    var dropped: [StaticString] = ["task"]
    if !revision.has(.elicitationMode) { dropped.append("mode") }
    if !revision.has(.elicitationID) { dropped.append("elicitationId") }
    var added: [UInt8] = []
    if revision.has(.elicitationID), needs == .urls, let number,
      JSON.member("elicitationId", of: whole, in: bytes).isAbsent
    {
      added += #""elicitationId":"switchyard-\#(number)""#.utf8
    }
    if !progressToken.isEmpty || !related.isEmpty {
      dropped.append("_meta")
      if !added.isEmpty { added.append(UInt8(ascii: ",")) }
      added += #""_meta":"#.utf8 + meta(progressToken.isEmpty ? nil : number, related)
    }
    func isDropped(_ key: ByteRange) -> Bool {
      dropped.contains { JSON.equals(key, $0, in: bytes) }
    }
    var isChanged = !added.isEmpty
    JSON.forEachMember(of: whole, in: bytes) { key, _ in
      if isDropped(key) { isChanged = true }
    }
    guard isChanged else { return params }
    return JSON.rebuildObject(whole, in: bytes, dropping: isDropped, adding: added)
  }

  /// The token under which the service wants to hear of progress, as JSON; empty if it does not.
  var progressToken: [UInt8] {
    let bytes = params.span.bytes
    let whole = ByteRange(start: 0, end: params.count)
    let token = JSON.member(
      MetaKey.progressToken, of: JSON.member("_meta", of: whole, in: bytes), in: bytes)
    return RequestID.isLegal(token, in: bytes) ? JSON.copy(token, in: bytes) : []
  }

  private func meta(_ number: UInt64?, _ related: [UInt8]) -> [UInt8] {
    let bytes = params.span.bytes
    let meta = JSON.member("_meta", of: ByteRange(start: 0, end: params.count), in: bytes)
    var own: [UInt8] = []
    if let number { own = Array(#""progressToken":\#(number)"#.utf8) }
    if !related.isEmpty {
      if !own.isEmpty { own.append(UInt8(ascii: ",")) }
      own += related
    }
    return JSON.rebuildObject(
      meta, in: bytes,
      dropping: {
        JSON.equals($0, MetaKey.progressToken, in: bytes)
          || !related.isEmpty && JSON.equals($0, MetaKey.relatedTask, in: bytes)
      }, adding: own)
  }

  /// The question as an entry of `inputRequests`.
  var inputRequest: [UInt8] {
    var entry = Array(#"{"method":"\#(method.name)""#.utf8)
    let params = params(for: .newest, number: nil)
    if !params.isEmpty { entry += #","params":"#.utf8 + params }
    return entry + [UInt8(ascii: "}")]
  }
}
