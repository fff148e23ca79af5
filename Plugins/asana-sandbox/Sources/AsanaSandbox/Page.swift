import PluginKit

/// A stretch of a list, and where the next one begins.
struct Page: Sendable {
  var items: [StructuredValue]
  /// Opaque to clients; nil at the end.
  var next: String?

  /// - Parameter offset: what `next` of the page before said; nil for the first.
  init(of list: [StructuredValue], from offset: String?, limit: Int) throws(Refusal) {
    let start = try offset.map { text throws(Refusal) in try Self.position(text) } ?? 0
    let end = min(list.count, start + max(1, limit))
    items = start < end ? Array(list[start..<end]) : []
    next = end < list.count ? Self.token(end) : nil
  }

  static func token(_ position: Int) -> String { "sandbox-" + String(position, radix: 36) }

  private static func position(_ token: String) throws(Refusal) -> Int {
    let parts = token.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "sandbox", let position = Int(parts[1], radix: 36),
      (0...1_000_000).contains(position)
    else {
      throw .invalid(
        "offset: Your pagination token is invalid",
        help: "Use next_page.offset of an earlier answer, or leave offset out.")
    }
    return position
  }
}
