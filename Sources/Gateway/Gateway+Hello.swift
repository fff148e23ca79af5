import Backend
import Loop
import MCP
import Manifest
import RawJSON
import Resilience

/// `initialize` and `server/discover`: answered at once, from what is known, and not
/// a reason to start anything (protocol.md 5.2; hosts spawn throw-away probes).
///
/// But for a single service that was never asked: we introduce ourselves as that
/// service, so the first hello of all starts it and waits for it.
extension Gateway {
  /// Bytes of instructions that a client is given; hosts cut at about this much.
  static let longestInstructions = 2048
  /// The longest that a hello waits for a single service; clients give up after 10 s.
  static let introductionWait = Duration.seconds(6)

  func initialize(_ request: Incoming) throws(CallError) {
    // A self-describing request has no handshake (conformance wants this code).
    guard !request.envelope.isModern else { throw .methodNotFound("initialize") }
    let asked = Revision(request.envelope.protocolVersion, in: request.line.bytes)
    let agreed = asked.flatMap { $0.era == .legacy ? $0 : nil } ?? .newestLegacy
    if !request.hasWaited {
      session.legacyRevision = agreed
      session.legacyProfile = ClientProfile(
        request.envelope.clientCapabilities, in: request.line.bytes, era: .legacy)
      clientIntroduced(session.legacyProfile, of: session)
      session.isInitialized = false
      meet(request)
    }
    if waitsForIntroduction(request) { return }
    var result = #"{"protocolVersion":"\#(agreed.rawValue)","capabilities":"#
    // What is offered may still be unknown, so every list is announced; an empty one is legal.
    result += #"{"tools":{"listChanged":true},"prompts":{"listChanged":true},"#
    result += #""resources":{"subscribe":true,"listChanged":true},"logging":{}"#
    if agreed >= .r2025_03_26 { result += #","completions":{}"# }
    var text = Array(result.utf8) + tasksMember(for: agreed) + extensionsMember(for: .legacy)
    text += #"},"serverInfo":"#.utf8 + session.identity.info + instructions(for: request)
    session.reply(to: request.id, result: text + [UInt8(ascii: "}")])
  }

  func discover(_ request: Incoming) throws(CallError) {
    guard request.envelope.isModern else {
      throw .invalidParams(
        "server/discover needs params._meta with io.modelcontextprotocol/protocolVersion.")
    }
    if waitsForIntroduction(request) { return }
    // Only modern versions: a client that sees both would still choose the modern one, and one
    // that sees legacy versions alone falls back to initialize (protocol.md 4.3).
    var result = "{" + ModernResult.complete
    result += #","supportedVersions":["\#(Revision.newest.rawValue)"],"capabilities":"#
    result += #"{"tools":{"listChanged":true},"prompts":{"listChanged":true},"#
    result += #""resources":{"subscribe":true,"listChanged":true},"logging":{},"completions":{}"#
    var text = Array(result.utf8) + extensionsMember(for: .modern)
    text += ("}," + ModernResult.uncached + ",").utf8 + session.identity.meta
    text += instructions(for: request)
    session.reply(to: request.id, result: text + [UInt8(ascii: "}")])
  }

  private func waitsForIntroduction(_ request: Incoming) -> Bool {
    guard services.count == 1, restServices.isEmpty, !undiscovered.isEmpty, !request.hasWaited,
      ending == nil
    else {
      return false
    }
    clientIsActive(session)
    park(request, for: min(configuration.gateway.discovery.wait, Gateway.introductionWait))
    return true
  }

  /// The extensions of the only service, whose own they are; those of several are not told, since
  /// a client could not know which of them has which. Tasks are told wherever there are any.
  private func extensionsMember(for era: Era) -> [UInt8] {
    var members: [UInt8] = []
    let introduction = services.count == 1 ? services.first?.offer?.introduction : nil
    let isItsOwn = introduction != nil && services.first?.offer?.hasTaskExtension == true
    let addsTasks = era == .modern && !isItsOwn && announcesTaskExtension
    let extensions = passedOn(
      "extensions", of: introduction, keepsTasks: era == .modern && isItsOwn,
      adding: addsTasks ? Array(#""io.modelcontextprotocol/tasks":{}"#.utf8) : [])
    if !extensions.isEmpty { members += #","extensions":"#.utf8 + extensions }
    let experimental = passedOn("experimental", of: introduction, keepsTasks: true, adding: [])
    if !experimental.isEmpty { members += #","experimental":"#.utf8 + experimental }
    return members
  }

  private func passedOn(
    _ key: StaticString, of introduction: ServiceBackend.Introduction?, keepsTasks: Bool,
    adding: [UInt8]
  ) -> [UInt8] {
    let capabilities = introduction?.capabilities ?? []
    let bytes = capabilities.span.bytes
    let value = JSON.member(
      key, of: ByteRange(start: 0, end: capabilities.count), in: bytes)
    return ClientProfile.passedOn(value, in: bytes, keepsTasks: keepsTasks, adding: adding)
  }

  /// What services say about themselves, each under its name; with one service, its own words.
  private func instructions(for request: Incoming) -> [UInt8] {
    var text: [UInt8] = []
    for service in services where shows(service.index, to: request) {
      guard let words = service.offer?.introduction.instructions, !words.isEmpty else { continue }
      if services.count > 1 {
        if !text.isEmpty { text += "\n\n".utf8 }
        text += (service.name + ": ").utf8
      }
      text += words
    }
    guard !text.isEmpty else { return [] }
    // The words of a single service are its own. A character that the cut would split is dropped.
    var end = services.count == 1 ? text.count : min(text.count, Gateway.longestInstructions)
    while end > 0, end < text.count, text[end] & 0xC0 == 0x80 { end -= 1 }
    var member = Array(#","instructions":"#.utf8)
    JSON.appendQuoted(text[..<end], to: &member)
    return member
  }
}

extension CallError {
  /// -32022, which modern clients answer by another revision (protocol.md 4.4).
  static func unsupportedVersion(_ requested: [UInt8]) -> CallError {
    var data = Array(#"{"supported":[""#.utf8)
    data += (Revision.newest.rawValue + #""],"requested":"#).utf8
    JSON.appendQuoted(requested.prefix(64), to: &data)
    data.append(UInt8(ascii: "}"))
    return CallError(
      code: .unsupportedProtocolVersion, message: "Unsupported protocol version",
      reason: "unsupported_version", specifiedData: data)
  }
}
