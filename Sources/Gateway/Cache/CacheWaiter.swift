import Backend
import Loop
import MCP
import Manifest
import Resilience

/// A call that waits for the answer to an equal one. If there is none that could be given again, it
/// is served by itself.
@EventLoop
final class CacheWaiter: ClientRequest {
  private let gateway: Gateway
  private let line: [UInt8]
  private var request: Incoming
  private let service: String
  private let patience: Int64
  let deadline: Instant
  private var isOver = false

  init(_ request: Incoming, _ entry: Catalogue.Entry, of gateway: Gateway) {
    self.gateway = gateway
    self.request = request
    line = Array(request.line)
    let manifest = gateway.manifest(entry.service)
    service = manifest?.name ?? ""
    let time = manifest?.limits.timeout.inNanoseconds ?? 0
    patience = min(time, gateway.absoluteTime)
    deadline = EventLoop.turnTime.advanced(byNanoseconds: patience)
  }

  /// The equal call has been answered with this result.
  func answered(_ result: [UInt8]) {
    guard !isOver else { return }
    isOver = true
    guard gateway.session.ledger.close(request.id) else { return }
    gateway.session.reply(to: request.id, result: result)
  }

  /// The equal call came to nothing that could be given again.
  ///
  /// - Parameter isAlone: it was not cancelled but failed: no further call waits for this one.
  func resume(isAlone: Bool) {
    guard !isOver else { return }
    isOver = true
    guard gateway.session.ledger.close(request.id) else { return }
    request.isAlone = isAlone
    line.withUnsafeBytes { bytes in
      request.line = bytes
      gateway.serve(request, of: gateway.session)
    }
  }

  func cancelled() { isOver = true }

  func deadlineReached(at now: Instant) {
    guard now >= deadline, !isOver else { return }
    isOver = true
    guard gateway.session.ledger.close(request.id) else { return }
    gateway.session.reply(
      to: request.id,
      error: .timedOut(service: service, after: .nanoseconds(patience), wasSent: true))
  }

  func abandoned() {
    guard !isOver else { return }
    isOver = true
    guard gateway.session.ledger.close(request.id) else { return }
    gateway.session.reply(to: request.id, error: .shuttingDown)
  }
}
