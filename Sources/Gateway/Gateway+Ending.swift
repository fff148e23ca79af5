import Glibc
import Loop
import Manifest
import Resilience
import Telemetry

/// How the gateway ends, for every way it can.
///
/// ```
///   client gone, or SIGTERM ──▶ draining ──answered, or 1 s──▶ stopping ──gone, or 1.9 s──▶ out
///   a second signal ──────────────────────────────────────────────────────────────────────▶ out
/// ```
///
/// Clients kill what has not ended 2 s after they closed its stdin, so all of it
/// fits into 1.9 s. What is still alive then is killed by the guard process.
extension Gateway {
  struct Ending {
    enum Stage { case draining, stopping, out }
    var stage = Stage.draining
    /// 0 after the end of input, 128 + n after signal n, 1 if the client could not be written to.
    var exitCode: Int32
    let timer: LoopTimer
  }

  /// From the beginning of the end to its last moment.
  static let longestEnding = Duration.milliseconds(1_900)

  func clientLeft(_ session: ClientSession, failure: Int32?) {
    log(.info, "client.left", ["error": failure.map { SystemError(code: $0).description } ?? ""])
    end(exitCode: failure == nil ? 0 : 1)
    if failure != nil { stopServices() }
  }

  /// Begins to end, or, at the second signal, ends at once.
  package func signalled(_ signal: Int32) {
    log(.info, "gateway.signalled", ["signal": String(signal)])
    guard ending == nil else { return leave() }
    end(exitCode: 128 + signal)
  }

  /// The process that launched us has ended, though somebody still holds our stdin (row R17).
  package func parentEnded() {
    log(.info, "client.parent_ended")
    end(exitCode: 0)
  }

  private func end(exitCode: Int32) {
    guard ending == nil else { return }
    session.stopReading()
    let timer = LoopTimer { [unowned self] in endingTimeElapsed() }
    ending = Ending(exitCode: exitCode, timer: timer)
    beganEnding = EventLoop.now
    for request in parked { request.resume() }
    for listener in Array(listeners.values) { listener.abandoned() }
    offeredTasks.endAll()
    closeUnneeded(remainingPatience, onlyIdle: true)
    timer.start(after: configuration.gateway.stop.drain)
    session.ledger.onIdle = { [unowned self] in stopServices() }
    if session.ledger.isEmpty { stopServices() }
  }

  private func endingTimeElapsed() {
    if ending?.stage == .draining { stopServices() } else { leave() }
  }

  /// Answers what is left with an error, then ends every child.
  private func stopServices() {
    guard ending?.stage == .draining else { return }
    ending?.stage = .stopping
    session.ledger.onIdle = nil
    session.ledger.abandonAll()
    session.flush()
    ending?.timer.start(at: beganEnding + Gateway.longestEnding)
    closeUnneeded(remainingPatience, onlyIdle: false)
    endIfDone()
  }

  func endIfDone() {
    if let ending, ending.stage != .out {
      closeUnneeded(remainingPatience, onlyIdle: ending.stage == .draining)
    }
    guard ending?.stage == .stopping, slots.all.allSatisfy({ $0.liveBackends.isEmpty }) else {
      return
    }
    leave()
  }

  /// What is left of the drain is what a child gets between the end of its stdin and SIGTERM.
  private var remainingPatience: StopSequence.Patience {
    let drained = beganEnding + configuration.gateway.stop.drain
    let left = min(drained - EventLoop.now, StopSequence.Patience.shutdown.afterClosing)
    return StopSequence.Patience(
      afterClosing: max(left, .milliseconds(50)),
      afterAsking: StopSequence.Patience.shutdown.afterAsking)
  }

  private func leave() {
    guard ending?.stage != .out else { return }
    ending?.stage = .out
    health.close()
    session.flush()
    surroundings.leave(ending?.exitCode ?? 0)
  }
}
