import Glibc
import Loop
import Resilience
import Telemetry

/// How a backend ends: by our wish, by itself, or because it reads no more.
extension ProcessBackend {
  /// How an end goes on to the process.
  enum Pace {
    case within(StopSequence.Patience)
    case atOnce
  }

  func end(_ ending: BackendEnding, _ pace: Pace) {
    if self.ending == nil {
      self.ending = ending
      isAccepting = false
      startTimer?.stop()
      stallTimer?.stop()
      failPending(ending)
      delegate.backendEnded(self, ending)
    }
    guard exit == nil else { return finishWhenGone() }
    switch pace {
    case .within(let patience): carryOut(stopping.begin(patience, at: EventLoop.now))
    case .atOnce: carryOut(stopping.force())
    }
  }

  private func failPending(_ ending: BackendEnding) {
    let detail =
      switch ending {
      case .stopped: "Service '\(service)' was stopped."
      case .crashed(let text), .failedToStart(let text): text
      }
    for entry in pending.takeAll() {
      let wasSent = entry.endsAt <= writer.sentBytes
      entry.exchange.failed(BackendFailure(.lost, wasSent: wasSent, detail: detail))
    }
  }

  private func carryOut(_ actions: [StopSequence.Action]) {
    for action in actions {
      switch action {
      case .closeInput: writer.close()
      case .askGroup: child.signalGroup(SIGTERM)
      case .killGroup: child.signalGroup(SIGKILL)
      }
    }
    guard let deadline = stopping.nextDeadline else { return }
    let timer = stopTimer ?? LoopTimer { [unowned self] in stopTimeElapsed() }
    stopTimer = timer
    timer.start(at: deadline)
  }

  private func stopTimeElapsed() {
    guard exit == nil else { return }
    carryOut(stopping.advance(at: EventLoop.now))
  }

  func childExited(_ status: ExitStatus) {
    exit = status
    // What the child wrote before it died counts; only then are its calls lost.
    reader.drain()
    stopping.ended()
    endedByItself()
    finishWhenGone()
  }

  /// stdout ended: nothing can be answered any more, whatever the process does.
  ///
  /// A process that ends closes its stdout first and is dead a moment later: how it
  /// ended belongs into the message, so a child that is starting gets that moment.
  func outputEnded() {
    child.checkExit()
    guard ending == nil else { return }
    guard exit != nil || handshake.isSettled else { return awaitExit() }
    endedByItself()
  }

  private func awaitExit() {
    startTimer?.stop()
    let timer = LoopTimer { [unowned self] in endedByItself() }
    startTimer = timer
    timer.start(after: Self.farewell)
  }

  /// From the end of stdout to the end of the process, where both end together.
  private static let farewell = Duration.milliseconds(100)

  private func endedByItself() {
    guard ending == nil else { return }
    // Its last words may still lie in the pipe, whichever of the two ended first.
    errors.drain()
    if !handshake.isSettled {
      perform(handshake.childEnded())
    } else {
      let what = exit == nil ? "closed its stdout" : "ended" + exitText
      let text = "Service '\(service)' \(what) while it was in use.\(errors.excerpt)"
      end(.crashed(text), .atOnce)
    }
  }

  private func finishWhenGone() {
    guard exit != nil, ending != nil, !goneReported else { return }
    goneReported = true
    stopTimer?.stop()
    reader.close()
    writer.abandon()
    errors.close()
    // What is noted about its end takes as long as a call, and its calls go elsewhere first.
    let timer = LoopTimer { [self] in bury() }
    burialTimer = timer
    timer.start(after: Self.mourning)
  }

  /// From the end of the process to the moment in which that is reported.
  private static let mourning = Duration.milliseconds(1)

  private func bury() {
    burialTimer = nil
    // Before the report: the gateway may end with it, and nothing may be left then.
    Orphans.sweep()
    relay.backend = nil
    delegate.backendIsGone(self)
  }

  // MARK: The way to the child's stdin

  /// The child reads no more (row B12): what it has read may still be answered,
  /// the rest was never sent.
  func stdinClosed() {
    guard ending == nil else { return }
    isAccepting = false
    let text = "Service '\(service)' closed its stdin.\(errors.excerpt)"
    for entry in pending.takeAll(where: { $0.endsAt > writer.sentBytes }) {
      entry.exchange.failed(BackendFailure(.lost, wasSent: false, detail: text))
    }
    endIfRetired()
  }

  /// Ends a backend that takes no more requests once the last one is answered.
  func endIfRetired() {
    guard ending == nil, !isAccepting, handshake.isSettled, inFlight == 0 else { return }
    end(
      .crashed("Service '\(service)' closed its stdin.\(errors.excerpt)"),
      .within(settings.patience))
  }

  func writerDrained() {
    stallTimer?.stop()
  }

  func watchForStall() {
    guard stallTimer == nil || stallTimer?.isActive == false else { return }
    let timer = stallTimer ?? LoopTimer { [unowned self] in checkStall() }
    stallTimer = timer
    timer.start(after: settings.stallTime)
  }

  private func checkStall() {
    guard ending == nil, let since = writer.stalledSince else { return }
    let until = since + settings.stallTime
    if EventLoop.now < until {
      stallTimer?.start(at: until)
    } else {
      let text = "Service '\(service)' has not read its stdin for \(settings.stallTime)."
      end(.crashed(text), .atOnce)
    }
  }
}
