import Loop
import Manifest

/// What all processes together have of calls: how many are with them, how many wait, and how many
/// bytes are kept of those that wait and of those that may be sent again (row R06).
///
/// While there is room for all, it only counts. When more calls wait than may run, each place that
/// becomes free goes round the services, so that the one whose calls end soonest does not take all
/// of them.
@EventLoop
final class CallLoad {
  /// Has the services take what room there is; set once.
  var deal: (@EventLoop () -> Void)?
  /// Calls that are with a process.
  @exclusivity(unchecked) var running = 0
  private(set) var waiting = 0
  private(set) var waitingBytes = 0
  /// The service that had the last place.
  var lastServed = -1
  private var mostRunning: Int
  private var mostWaiting: Int
  private var mostBytes: Int
  private var isDealing = false

  init(_ limits: GatewayConfiguration.Limits) {
    mostRunning = limits.runningCalls
    mostWaiting = limits.waitingCalls
    mostBytes = limits.waitingBytes
  }

  /// What runs and waits keeps its place when a limit is lowered.
  func change(_ limits: GatewayConfiguration.Limits) {
    mostRunning = limits.runningCalls
    mostWaiting = limits.waitingCalls
    mostBytes = limits.waitingBytes
    if waiting > 0 { planDeal() }
  }

  /// Whether a call may go to a process now. On the way of every call.
  var hasRoom: Bool { running < mostRunning && !isDealing }

  /// Whether one of those that have been dealt may.
  var hasPlace: Bool { running < mostRunning }

  /// Whether services must take turns.
  var isTight: Bool { isDealing || waiting > 0 && running + waiting > mostRunning }

  /// Why a call of this size may not wait; nil if it may.
  func refusal(bytes: Int) -> String? {
    if waiting >= mostWaiting {
      return "\(waiting) calls wait for services, which is as many as may."
    }
    // A single large one may wait, or it could never be sent.
    if waitingBytes > 0, waitingBytes + bytes > mostBytes {
      return "The calls that wait for services are as large as they may be together."
    }
    return nil
  }

  func waits(bytes: Int) {
    waiting += 1
    waitingBytes += bytes
  }

  /// Whether a copy of so many bytes is no more than may be kept.
  func hasRoom(forBytes count: Int) -> Bool { waitingBytes + count <= mostBytes }

  /// A copy that waits for something else than a process; given back with `letGo`.
  func keep(bytes: Int) { waitingBytes += bytes }

  func letGo(bytes: Int) { waitingBytes -= bytes }

  func waitsNoMore(bytes: Int) {
    waiting -= 1
    waitingBytes -= bytes
  }

  /// A call that was with a process has ended.
  func ended() {
    running -= 1
    if waiting > 0, running + 1 >= mostRunning { planDeal() }
  }

  /// At the end of the turn, so that all places that become free in it are dealt together.
  func planDeal() {
    guard !isDealing else { return }
    isDealing = true
    EventLoop.atEndOfTurn { [self] in
      deal?()
      isDealing = false
    }
  }
}

extension Gateway {
  /// Gives each service that has calls waiting one place in turn, as long as there are any.
  func dealRoom() {
    var isTaken = true
    while isTaken, callLoad.hasPlace {
      isTaken = false
      let after = callLoad.lastServed
      let order = slots.all.filter { $0.index > after } + slots.all.filter { $0.index <= after }
      for service in order where callLoad.hasPlace {
        guard service.sendOneWaiting() || service.twin?.service.sendOneWaiting() == true else {
          continue
        }
        callLoad.lastServed = service.index
        isTaken = true
      }
    }
  }
}
