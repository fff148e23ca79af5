package struct RestartPolicy {
  package init() {}
  package private(set) var isFlapping = false
  package mutating func started(at now: Instant) {}
  package mutating func becameReady(at now: Instant) {}
  package mutating func failed(at now: Instant, random: Double) -> Duration { .milliseconds(100) }
}
