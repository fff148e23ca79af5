import Loop
import MCP
import RawJSON

/// Our own `server/discover` or `initialize`, awaiting its answer.
@EventLoop
final class HandshakeExchange: Exchange {
  private unowned let backend: ProcessBackend

  init(_ backend: ProcessBackend) { self.backend = backend }

  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    if backend.handshake.isProbing {
      let offers = offersModern(line, envelope)
      if offers { introduce(line, envelope, revision: .newest) }
      backend.perform(backend.handshake.discoverAnswered(offersModern: offers))
    } else {
      let revision = agreedRevision(line, envelope)
      if let revision { introduce(line, envelope, revision: revision) }
      backend.perform(backend.handshake.initializeAnswered(revision))
    }
  }

  func progressed(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {}

  /// The backend's end is reported to the handshake by the backend itself; only
  /// an answer that breaks the protocol arrives here alone.
  func failed(_ failure: BackendFailure) {
    guard failure.reason == .protocolError else { return }
    let probing = backend.handshake.isProbing
    backend.perform(
      probing
        ? backend.handshake.discoverAnswered(offersModern: false)
        : backend.handshake.initializeAnswered(nil))
  }

  /// A discover result, or a -32022 error, that names the newest revision.
  private func offersModern(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Bool {
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

  private func agreedRevision(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> Revision? {
    guard envelope.kind == .result else { return nil }
    let version = JSON.member("protocolVersion", of: envelope.result, in: line.bytes)
    return Revision(version, in: line.bytes)
  }

  private func introduce(
    _ line: UnsafeRawBufferPointer, _ envelope: Envelope, revision: Revision
  ) {
    let bytes = line.bytes
    func text(_ range: ByteRange) -> [UInt8] {
      Array(line[range.start..<range.end])
    }
    let result = envelope.result
    var info = JSON.member("serverInfo", of: result, in: bytes)
    if info.isAbsent {
      info = JSON.member("io.modelcontextprotocol/serverInfo", of: envelope.meta, in: bytes)
    }
    var introduction = ProcessBackend.Introduction(revision: revision)
    introduction.capabilities = text(JSON.member("capabilities", of: result, in: bytes))
    introduction.serverInfo = text(info)
    introduction.instructions = JSON.string(
      JSON.member("instructions", of: result, in: bytes), in: bytes)
    backend.introduce(introduction)
  }
}
