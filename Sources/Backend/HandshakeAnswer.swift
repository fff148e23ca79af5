import MCP
import RawJSON

/// What answers to `server/discover` and `initialize` say.
enum HandshakeAnswer {
  /// A discover result, or a -32022 error, that names the newest revision.
  static func offersModern(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Bool {
    let bytes = line.bytes
    var versions = ByteRange.absent
    if envelope.kind == .result {
      versions = JSON.member("supportedVersions", of: envelope.result, in: bytes)
    } else {
      let code = JSON.member("code", of: envelope.error, in: bytes)
      guard JSON.integer(code, in: bytes) == Int64(ErrorCode.unsupportedProtocolVersion.rawValue)
      else { return false }
      let data = JSON.member("data", of: envelope.error, in: bytes)
      versions = JSON.member("supported", of: data, in: bytes)
    }
    var found = false
    JSON.forEachElement(of: versions, in: bytes) { version in
      if Revision(version, in: bytes) == .newest { found = true }
    }
    return found
  }

  /// The revision of an `initialize` result; nil for errors and unknown revisions.
  static func agreedRevision(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Revision? {
    guard envelope.kind == .result else { return nil }
    let version = JSON.member("protocolVersion", of: envelope.result, in: line.bytes)
    return Revision(version, in: line.bytes)
  }

  /// What it says of itself, in the words of either era.
  static func introduction(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, revision: Revision
  ) -> ServiceBackend.Introduction {
    let bytes = line.bytes
    func text(_ range: ByteRange) -> [UInt8] {
      Array(line[range.start..<range.end])
    }
    let result = envelope.result
    var info = JSON.member("serverInfo", of: result, in: bytes)
    if info.isAbsent {
      info = JSON.member("io.modelcontextprotocol/serverInfo", of: envelope.meta, in: bytes)
    }
    var introduction = ServiceBackend.Introduction(revision: revision)
    introduction.capabilities = text(JSON.member("capabilities", of: result, in: bytes))
    introduction.serverInfo = text(info)
    introduction.instructions = JSON.string(
      JSON.member("instructions", of: result, in: bytes), in: bytes)
    return introduction
  }
}
