import Backend
import Loop
import MCP
import Manifest
import Resilience

/// How long the calls of a service take: a mean in which the newest count most.
struct CallTime {
  /// In nanoseconds; 0 before the first call.
  private(set) var mean: Int64 = 0

  mutating func note(_ duration: Int64) {
    mean = mean == 0 ? duration : mean + (duration - mean) / 8
  }

  /// When a place may be free if so many calls are before this one and so many go at a time.
  func wait(behind count: Int, atATime places: Int) -> Duration {
    guard mean > 0 else { return .milliseconds(100) }
    let (turns, _) = count.quotientAndRemainder(dividingBy: max(1, places))
    let (product, overflow) = mean.multipliedReportingOverflow(by: Int64(clamping: turns + 1))
    let wait = overflow ? Duration.seconds(60) : .nanoseconds(product)
    return min(max(wait, .milliseconds(10)), .seconds(60))
  }
}

extension Service {
  /// Overload is refused at once, with the time after which there may be room.
  var queueFull: BackendFailure {
    unavailable(
      .overloaded, "The queue of service '\(name)' is full.",
      retryAfter: callTime.wait(behind: waiting.count, atATime: manifest.limits.concurrent))
  }

  func unavailable(
    _ reason: BackendFailure.Reason, _ detail: String, retryAfter: Duration? = nil
  ) -> BackendFailure {
    BackendFailure(reason, wasSent: false, detail: detail, retryAfter: retryAfter)
  }
}
