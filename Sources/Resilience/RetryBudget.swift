/// How many requests of one kind may be tried again at the same time.
///
/// A server that fails every request would otherwise get each of them several times, just when it
/// can bear that least. A fifth of what is in flight may be a second try, and always three, so that
/// a quiet service is retried too. Failures that come one after another are not what it bounds:
/// the number of attempts of each request is.
///
/// A value: whoever retries asks with `take`, and says `give` once for each yes, when the retried
/// request has ended in whatever way.
package struct RetryBudget: Hashable, Sendable {
  /// The part of the requests in flight that may be retries, in percent.
  package let percent: Int
  /// Retries that are allowed however little is in flight.
  package let least: Int
  /// Requests that are being retried now.
  package private(set) var retrying = 0

  /// What is negative counts as zero; more than 100 percent as 100.
  package init(percent: Int = 20, least: Int = 3) {
    self.percent = min(max(0, percent), 100)
    self.least = max(0, least)
  }

  /// The number of retries that `inFlight` requests allow at a time, rounded down.
  package func most(ofInFlight inFlight: Int) -> Int {
    // Hundreds first: no number of requests can overflow.
    let (hundreds, rest) = max(0, inFlight).quotientAndRemainder(dividingBy: 100)
    return max(least, hundreds * percent + rest * percent / 100)
  }

  /// Whether one more request may be tried again, and counts it if so.
  ///
  /// - Parameter inFlight: requests that have been sent or wait to be, with those being retried.
  package mutating func take(ofInFlight inFlight: Int) -> Bool {
    guard retrying < most(ofInFlight: inFlight) else { return false }
    retrying += 1
    return true
  }

  /// A retried request has ended.
  package mutating func give() { retrying = max(0, retrying - 1) }
}
