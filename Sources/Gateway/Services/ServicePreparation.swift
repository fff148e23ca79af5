import Backend
import Loop
import Manifest
import Provision
import RawJSON
import Resilience
import Telemetry

/// What is done before a process can be started: its environment is made, its program is read.
///
/// Both take too long for the loop, and neither takes a slot of the start queue: other services
/// start meanwhile.
@EventLoop
final class ServicePreparation {
  enum State {
    case idle
    /// The program's digest is being found out.
    case reading
    case building(EnvironmentBuild)
    /// Who asks before `until` is told the same.
    case failed(BackendFailure, until: Instant)
  }

  /// How often those who wait are told that it still goes on.
  static let pace = Duration.seconds(5)
  /// An attempt costs seconds of work: the next one is not sooner than this after one that failed.
  static let pause = Duration.seconds(10)

  var state = State.idle
  /// What is done now.
  var words = ""
  var ticker: LoopTimer?

  var isBusy: Bool {
    switch state {
    case .reading, .building: true
    case .idle, .failed: false
    }
  }

  /// The manifest is another one: what failed may work now.
  func forgetFailure() { if case .failed = state { state = .idle } }

  func stop() {
    ticker?.stop()
    if case .building(let build) = state { build.stop() }
  }
}

extension Service {
  /// Whether its process can be started as things are. If not, that is begun, and the start goes on
  /// from there or fails.
  func isPrepared() -> Bool {
    let process = manifest.process
    guard process.usesPython || !process.sha256.isEmpty, manifest.remote == nil else { return true }
    let preparation = self.preparation ?? ServicePreparation()
    self.preparation = preparation
    switch preparation.state {
    case .reading, .building: return false
    // Somebody may have made it meanwhile.
    case .failed(let failure, let until) where EventLoop.now < until && !process.python.isBuilt:
      cannotStart(failure)
      return false
    case .idle, .failed: preparation.state = .idle
    }
    if process.usesPython, !process.python.isBuilt {
      build(process.python, preparation)
      return false
    }
    return !readsProgram(of: process, preparation)
  }

  // MARK: Environments

  private func build(_ python: PythonPackages, _ preparation: ServicePreparation) {
    do throws(SpawnError) {
      let build = try EnvironmentBuild(
        python, inherited: host.environment,
        told: { [unowned self] words in
          preparation.words = words
          host.log(.info, "service.preparing", ["service": name, "step": words])
          tellPreparation(words)
        },
        ended: { [unowned self] why in
          preparation.ticker?.stop()
          preparation.state = .idle
          built(python, why, preparation)
        })
      preparation.state = .building(build)
    } catch {
      return cannotStart(
        unavailable(.unavailable, "Service '\(name)' cannot be prepared. \(error)"))
    }
    preparation.words = "its environment is being made"
    let begun = EventLoop.now
    let ticker = LoopTimer { [unowned self] in
      tellPreparation("\(preparation.words) (\((EventLoop.now - begun).components.seconds) s)")
    }
    ticker.start(after: ServicePreparation.pace, every: ServicePreparation.pace)
    preparation.ticker = ticker
  }

  private func built(_ python: PythonPackages, _ why: String?, _ preparation: ServicePreparation) {
    let why = why ?? (python.isBuilt ? nil : "it was made and is gone")
    if let why {
      let failure = unavailable(
        .unavailable,
        "Service '\(name)' cannot start: its environment of Python could not be made: \(why).")
      preparation.state = .failed(failure, until: EventLoop.now + ServicePreparation.pause)
      if case .held = phase { cannotStart(failure) }
    } else {
      host.log(.info, "service.prepared", ["service": name])
      if case .held = phase { lookAtDependencies(tries: false) }
    }
  }

  private func tellPreparation(_ words: String) {
    let message = "Service '\(name)' is being prepared: \(words)."
    for request in waiting.all { request.servicePrepares(message) }
  }

  // MARK: Programs

  /// Begins to read the program, if its digest matters and is not known; says whether it does.
  private func readsProgram(
    of process: ProcessSpec, _ preparation: ServicePreparation
  ) -> Bool {
    guard !process.sha256.isEmpty,
      let path = try? Launch.executable(of: process, inherited: host.environment),
      let file = try? ProgramFile(path: path), !KnownDigests.knows(file)
    else { return false }
    preparation.state = .reading
    preparation.words = "the digest of its program is being found out"
    OffLoop.run(stack: 512 << 10, fallback: nil) {
      try? file.digest()
    } completion: { [unowned self] digest in
      if let digest, file.isUnchanged { KnownDigests.note(digest, of: file) }
      preparation.state = .idle
      // What could not be read is told by the start.
      if case .held = phase { enterPrepared() }
    }
    return true
  }
}

extension Call {
  /// The service is not there yet, and somebody works at that: the call waits no shorter for it.
  func servicePrepares(_ message: String) {
    guard !isDone else { return }
    clock.progressed(at: EventLoop.now)
    guard !token.isEmpty, ownTask == nil, !session.isClogged else { return }
    // Below whatever the service will tell of the call itself.
    lastProgress = max(lastProgress, 0) + 0.001
    var line = Array(
      #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"#.utf8)
    token.append(to: &line)
    line += #","progress":\#(lastProgress),"message":"#.utf8
    JSON.appendQuoted(message.utf8, to: &line)
    line += "}}".utf8
    session.write(line)
  }
}
