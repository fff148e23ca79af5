/// The two families of revisions.
public enum Era: Hashable, Sendable {
  /// 2024-11-05 to 2025-11-25: a session opened by `initialize`.
  case legacy
  /// Since 2026-07-28: no session, every request describes itself in `_meta`.
  case modern

  // The compiler's own comparison is called through a witness table from other modules.
  @inlinable @inline(__always)
  public static func == (left: Era, right: Era) -> Bool {
    switch (left, right) {
    case (.legacy, .legacy), (.modern, .modern): true
    default: false
    }
  }
}

/// The published revisions of the protocol, oldest first.
///
/// A case is called as its date, so that the table of differences reads like the changelog.
// swift-format-ignore: AlwaysUseLowerCamelCase
public enum Revision: String, CaseIterable, Comparable, Sendable {
  case r2024_11_05 = "2024-11-05"
  case r2025_03_26 = "2025-03-26"
  case r2025_06_18 = "2025-06-18"
  case r2025_11_25 = "2025-11-25"
  case r2026_07_28 = "2026-07-28"

  /// What `initialize` is answered with when the client asks for a revision that we do not know.
  package static let newestLegacy = Revision.r2025_11_25
  package static let newest = Revision.r2026_07_28

  /// The revision with this name; names are compared as bytes.
  package init?(utf8 name: [UInt8]) {
    guard let match = Self.allCases.first(where: { name.elementsEqual($0.rawValue.utf8) }) else {
      return nil
    }
    self = match
  }

  @inlinable @inline(__always)
  package var era: Era {
    switch self {
    case .r2026_07_28: .modern
    default: .legacy
    }
  }

  /// The revisions that `initialize` can agree on.
  package static var legacy: [Revision] { allCases.filter { $0.era == .legacy } }

  /// The revisions that a self-describing request may name.
  package static var modern: [Revision] { allCases.filter { $0.era == .modern } }

  // The names are dates in year-first form, so their order is that of their bytes.
  public static func < (left: Revision, right: Revision) -> Bool {
    left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
  }
}
