import Health
import Resilience
import TestSupport
import Testing

/// Alerts of one service in virtual time; says what was told as `+error down` and `-down`.
private struct Desk {
  var book: AlertBook
  var now = Instant.zero
  var told: [String] = []

  init(
    after: Duration = .seconds(5), clearAfter: Duration = .seconds(10),
    cooldown: Duration = .seconds(300)
  ) {
    book = AlertBook(AlertPolicy(after: after, clearAfter: clearAfter, cooldown: cooldown))
  }

  init(_ policy: AlertPolicy) { book = AlertBook(policy) }

  mutating func note(_ state: HealthState, _ reason: HealthReason = .unanswered, _ service: Int = 1)
  {
    book.noted(service, state, reason, at: now)
    tell()
  }

  /// Moves the clock from one due moment to the next, as the owner does.
  mutating func pass(_ time: Duration) {
    let end = now + time
    while let due = book.nextDue, due <= end {
      now = max(now, due)
      let before = told.count
      tell()
      if told.count == before, book.nextDue == due { break }
    }
    now = end
    tell()
  }

  private mutating func tell() {
    for event in book.advance(to: now) {
      let more = event.suppressed > 0 ? " (\(event.suppressed))" : ""
      told.append(
        event.isResolved
          ? "-\(event.rule.rawValue)" : "+\(event.level.rawValue) \(event.rule.rawValue)\(more)")
    }
  }
}

@Suite struct AlertBookTests {
  @Test func `a condition is raised once it has held long enough, and resolved by itself`() {
    var desk = Desk()
    desk.note(.down)
    desk.pass(.milliseconds(4_999))
    #expect(desk.told == [])
    desk.pass(.milliseconds(1))
    #expect(desk.told == ["+error down"])
    desk.pass(.seconds(3_600))
    desk.note(.up, .answers)
    desk.pass(.milliseconds(9_999))
    #expect(desk.told == ["+error down"])
    desk.pass(.milliseconds(1))
    #expect(desk.told == ["+error down", "-down"])
    #expect(desk.book.nextDue == nil)
  }

  @Test func `what is over before its time is never told`() {
    var desk = Desk()
    for _ in 0..<100 {
      desk.note(.down)
      desk.pass(.seconds(4))
      desk.note(.up, .answers)
      desk.pass(.seconds(1))
    }
    #expect(desk.told == [])
  }

  @Test func `a short recovery resolves nothing`() {
    var desk = Desk()
    desk.note(.down)
    desk.pass(.seconds(5))
    for _ in 0..<100 {
      desk.note(.up, .answers)
      desk.pass(.seconds(9))
      desk.note(.down)
      desk.pass(.seconds(9))
    }
    #expect(desk.told == ["+error down"])
  }

  @Test func `the cooldown keeps repetitions quiet, and tells when it is over`() {
    var desk = Desk()
    for _ in 0..<5 {
      desk.note(.down)
      desk.pass(.seconds(10))
      desk.note(.up, .answers)
      desk.pass(.seconds(20))
    }
    // The first was told and resolved; the four others were neither.
    #expect(desk.told == ["+error down", "-down"])
    desk.note(.down)
    desk.pass(.seconds(300))
    #expect(desk.told == ["+error down", "-down", "+error down (4)"])
    desk.note(.up, .answers)
    desk.pass(.seconds(10))
    #expect(desk.told.last == "-down")
  }

  @Test func `a worse condition replaces the open one, and one resolution ends it`() {
    var desk = Desk()
    desk.note(.degraded, .slow)
    desk.pass(.seconds(5))
    desk.note(.down)
    desk.pass(.seconds(5))
    desk.note(.down, .flapping)
    desk.pass(.seconds(5))
    desk.note(.up, .answers)
    desk.pass(.seconds(10))
    #expect(
      desk.told == ["+warning degraded", "+error down", "+critical flapping", "-flapping"])
  }

  @Test func `falling asleep resolves nothing, and raises nothing`() {
    var desk = Desk()
    // It has crashed, and nobody needs it meanwhile.
    desk.note(.down)
    desk.pass(.seconds(1))
    desk.note(.asleep, .idle)
    desk.pass(.seconds(3_600))
    #expect(desk.told == [] && desk.book.nextDue == nil)
    desk.note(.down)
    desk.pass(.seconds(5))
    desk.note(.asleep, .idle)
    desk.pass(.seconds(3_600))
    #expect(desk.told == ["+error down"] && desk.book.open(1) == .down)
    desk.note(.up, .answers)
    desk.pass(.seconds(10))
    #expect(desk.told == ["+error down", "-down"])
  }

  @Test func `a worse condition that falls asleep before its time leaves what was open`() {
    var desk = Desk()
    desk.note(.degraded, .slow)
    desk.pass(.seconds(5))
    desk.note(.down)
    desk.pass(.seconds(1))
    desk.note(.asleep, .idle)
    desk.pass(.seconds(60))
    #expect(desk.told == ["+warning degraded"] && desk.book.open(1) == .degraded)
  }

  @Test func `rules without a level raise nothing`() {
    var desk = Desk(AlertPolicy(degraded: nil, down: nil, flapping: .info))
    desk.note(.degraded, .slow)
    desk.pass(.seconds(60))
    desk.note(.down)
    desk.pass(.seconds(60))
    #expect(desk.told == [])
    desk.note(.down, .flapping)
    desk.pass(.seconds(60))
    #expect(desk.told == ["+info flapping"])
  }

  @Test func `services have alerts of their own, and one that is removed resolves its own`() {
    var desk = Desk()
    desk.note(.down, .unanswered, 1)
    desk.note(.degraded, .slow, 2)
    desk.pass(.seconds(5))
    #expect(desk.told == ["+error down", "+warning degraded"])
    #expect(desk.book.open(1) == .down && desk.book.open(2) == .degraded)
    let event = desk.book.remove(1)
    #expect(event?.isResolved == true && event?.service == 1 && event?.reason == .disabled)
    #expect(desk.book.remove(3) == nil)
    #expect(desk.book.open(1) == nil && desk.book.open(2) == .degraded)
  }

  @Test func `T02: a leap over an open alert neither repeats nor resolves it`() {
    var desk = Desk()
    desk.note(.down)
    desk.pass(.seconds(5))
    desk.pass(.seconds(864_000))
    #expect(desk.told == ["+error down"])
  }

  @Test func `over two hundred thousand changes each alert that was told is resolved once`() {
    var random = SplitMix(seed: 11)
    var desk = Desk(cooldown: .seconds(20))
    var open = false
    for _ in 0..<200_000 {
      let states: [(HealthState, HealthReason)] = [
        (.up, .answers), (.up, .answers), (.down, .unanswered), (.down, .flapping),
        (.degraded, .slow), (.asleep, .idle),
      ]
      let (state, reason) = states[Int(random.next() % 6)]
      desk.now = desk.now + .milliseconds(Int(random.next() % 12_000))
      desk.note(state, reason)
      for line in desk.told {
        if line.hasPrefix("-") {
          if !open { Issue.record("resolved what was not told") }
          open = false
        } else {
          open = true
        }
      }
      desk.told.removeAll(keepingCapacity: true)
      if open != (desk.book.open(1) != nil) { Issue.record("what is open differs") }
    }
  }
}
