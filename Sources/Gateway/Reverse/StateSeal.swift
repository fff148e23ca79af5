import MCP
import RawJSON
import Resilience

/// Binds a service's `requestState` to the service, the request and a time, so that what a client
/// sends back goes to nobody else (reliability 2.1.5, row S06).
///
///     kind . until . checksum . the service's own state
///
/// The checksum covers the rest and the scope under keys of this process: a state that was made
/// up, altered, moved to another tool or kept too long is refused. It hides nothing; what the
/// service wants hidden it must encrypt.
struct StateSeal: Sendable {
  /// What is to be done with a request that brings the state.
  enum Kind: UInt8, Sendable {
    /// It goes to the service with the service's own state.
    case forward = 0x66  // f
    /// It goes to the service as if it were new: the user has done what was asked elsewhere.
    case anew = 0x6E  // n
  }

  struct Opened: Hashable {
    var kind: Kind
    /// The service's own state, as a JSON string.
    var state: [UInt8]
  }

  private let first: (UInt64, UInt64)
  private let second: (UInt64, UInt64)

  /// Two keys of 16 bytes, best taken at random when the process starts.
  init(_ first: (UInt64, UInt64), _ second: (UInt64, UInt64)) {
    self.first = first
    self.second = second
  }

  static func random() -> StateSeal {
    func word() -> UInt64 { .random(in: 0 ... .max) }
    return StateSeal((word(), word()), (word(), word()))
  }

  /// Seals `state`, a JSON string; returns a JSON string.
  ///
  /// - Parameter scope: who may get it back, for what.
  func seal(_ state: [UInt8], _ kind: Kind, scope: [UInt8], until: Instant) -> [UInt8] {
    let decoded = text(of: state)
    var sealed: [UInt8] = [UInt8(ascii: "\"")]
    sealed += head(kind, until, of: decoded, scope: scope)
    sealed += state.dropFirst().dropLast()
    sealed.append(UInt8(ascii: "\""))
    return sealed
  }

  /// What was sealed in `text`, a JSON string; nil if we have not sealed it for this scope, or its
  /// time is over.
  func open(_ text: [UInt8], scope: [UInt8], at now: Instant) -> Opened? {
    let decoded = self.text(of: text)
    guard let mark = decoded.first, let kind = Kind(rawValue: mark),
      decoded.count >= Self.headLength
    else { return nil }
    let number = decoded[2..<18].reduce(UInt64(0)) { value, byte in
      value << 4 | UInt64(Self.digit(byte))
    }
    let until = Instant(nanoseconds: Int64(bitPattern: number))
    let state = Array(decoded[Self.headLength...])
    let expected = head(kind, until, of: state, scope: scope)
    guard expected.elementsEqual(decoded[..<Self.headLength]), now < until else { return nil }
    // Its own bytes, where the client wrote them as they were given to it.
    if text.dropFirst().starts(with: expected) {
      let own = text.dropFirst(1 + Self.headLength)
      return Opened(kind: kind, state: [UInt8(ascii: "\"")] + own)
    }
    var quoted: [UInt8] = []
    JSON.appendQuoted(state, to: &quoted)
    return Opened(kind: kind, state: quoted)
  }

  /// `f.` until `.` checksum `.`
  private static let headLength = 2 + 16 + 1 + 32 + 1

  private func head(_ kind: Kind, _ until: Instant, of state: [UInt8], scope: [UInt8]) -> [UInt8] {
    let time = UInt64(bitPattern: until.nanoseconds)
    var covered = [kind.rawValue] + Self.hex(time) + Self.hex(UInt64(scope.count)) + scope
    covered += state
    let dot: [UInt8] = [UInt8(ascii: ".")]
    let sums =
      Self.hex(SipHash.hash(covered, key: first)) + Self.hex(SipHash.hash(covered, key: second))
    return [kind.rawValue] + dot + Self.hex(time) + dot + sums + dot
  }

  private func text(of json: [UInt8]) -> [UInt8] {
    JSON.string(ByteRange(start: 0, end: json.count), in: json.span.bytes) ?? []
  }

  /// Sixteen digits.
  static func hex(_ number: UInt64) -> [UInt8] {
    (0..<16).map { place in
      let digit = UInt8(truncatingIfNeeded: number >> UInt64(60 - 4 * place)) & 0xF
      return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }
  }

  private static func digit(_ byte: UInt8) -> UInt8 {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: 0
    }
  }
}
