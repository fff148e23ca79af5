import YAML

// What keeps calls away from services that do not answer.

extension GatewayConfiguration {
  /// When a service that does not answer is left alone.
  package struct Breaker: Hashable, Sendable {
    /// Failures in a row; 0 is never.
    package var failures = 5
    /// Percent of the calls of the window ...
    package var percent = 50
    /// ... if there were at least so many.
    package var calls = 20
    package var window = Duration.seconds(10)
    /// How long at first; doubled with each probe that fails.
    package var open = Duration.seconds(1)
    package var longest = Duration.seconds(60)
    /// How long a probe may take.
    package var probe = Duration.seconds(5)

    package static let defaults = Breaker()
  }

  /// When a call goes out again, to the same service or to another one of its group.
  package struct Retry: Hashable, Sendable {
    /// Attempts of one call, the first one included.
    package var attempts = 3
    /// The longest pause before the same service is tried again.
    package var first = Duration.milliseconds(50)
    /// The same after doublings.
    package var longest = Duration.seconds(2)
    /// The part of the calls in flight that may be retries, in percent ...
    package var percent = 20
    /// ... but always so many.
    package var least = 3

    package static let defaults = Retry()
  }
}

extension GatewayConfiguration {
  /// Results of read-only tools that are given again, all services together.
  package struct Cache: Hashable, Sendable {
    /// Results at most; 0 keeps none.
    package var entries = 10_000
    /// Bytes of all of them.
    package var bytes = 64 << 20
    /// Bytes of one.
    package var entry = 4 << 20

    package static let defaults = Cache()
  }
}

extension GatewayConfiguration.Cache {
  private static let size: ClosedRange<UInt64> = 1 << 10...1 << 34

  static let fields: [Field<Self>] = [
    .integer("entries", \.entries, in: 0...10_000_000, "Results at most; 0 keeps none."),
    .size("bytes", \.bytes, in: size, "Bytes of all results that are kept."),
    .size("entry", \.entry, in: size, "Bytes of one result; a larger one is not kept."),
  ]
}

extension GatewayConfiguration.Retry {
  private static let span = Duration.zero...GatewayConfiguration.longest

  static let fields: [Field<Self>] = [
    .integer(
      "attempts", \.attempts, in: 1...10, "Attempts of one call at most, the first one included."),
    .span(
      "first", \.first, in: span, "The longest pause before the same service is tried again."),
    .span("longest", \.longest, in: span, "The longest pause, after it was doubled each time."),
    .integer(
      "percent", \.percent, in: 0...100,
      "The part of a group's calls in flight that may be retries."
    ),
    .integer("least", \.least, in: 0...1_000_000, "Retries that are allowed in any case."),
  ]
}

extension GatewayConfiguration.Breaker {
  private static let span = Duration.milliseconds(1)...GatewayConfiguration.longest

  static let fields: [Field<Self>] = [
    .integer(
      "failures", \.failures, in: 0...1_000_000,
      "Failures in a row after which a service gets no calls for a while; 0 is never."),
    .integer(
      "percent", \.percent, in: 1...100,
      "The part of the calls of the window whose failure has the same effect."),
    .integer("calls", \.calls, in: 1...1_000_000, "Calls of the window that are enough to judge."),
    .span("window", \.window, in: span, "How far back calls count for that part."),
    .span("open", \.open, in: span, "How long it gets no calls at first."),
    .span("longest", \.longest, in: span, "How long at most, however often it fails."),
    .span("probe", \.probe, in: span, "How long the question may take that lets calls in again."),
  ]
}
