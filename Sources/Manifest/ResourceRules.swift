/// What is done with a service's resources beyond passing them on. URIs are the service's own.
package struct ResourceRules: Hashable, Sendable {
  /// How long what was read may be given again, at most.
  package var cache: [PatternValue<Duration>] = []

  package init() {}

  /// Of the patterns that match, the first counts; nil where none does.
  package func lifetime(of uri: some Collection<UInt8>) -> Duration? {
    cache.first { $0.pattern.matches(uri) }?.value
  }
}
