import Loop
import MCP

/// Our own `server/discover` or `initialize`, awaiting its answer.
@EventLoop
final class HandshakeExchange: Exchange {
  private unowned let backend: ProcessBackend

  init(_ backend: ProcessBackend) { self.backend = backend }

  func answered(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) {
    if backend.handshake.isProbing {
      let offers = HandshakeAnswer.offersModern(line, envelope)
      if offers {
        backend.introduce(HandshakeAnswer.introduction(line, envelope, revision: .newest))
      }
      backend.perform(backend.handshake.discoverAnswered(offersModern: offers))
    } else {
      let revision = HandshakeAnswer.agreedRevision(line, envelope)
      if let revision {
        backend.introduce(HandshakeAnswer.introduction(line, envelope, revision: revision))
      }
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
}
