import Backend
import Testing

@Suite struct LinkHeaderTests {
  private static let rows: [(String, String?)] = [
    (#"<https://a/x?page=2>; rel="next""#, "page=2"),
    (#"<https://a/x?page=1>; rel="prev", <https://a/x?page=3&q=b>; rel="next""#, "page=3&q=b"),
    (#"<https://a/x?l=a,b&page=2>; title="x, y"; rel=next"#, "l=a,b&page=2"),
    (#"<https://a/x?page=2#top>; REL="next""#, "page=2"),
    (#"<https://a/x>; rel="next""#, nil),
    (#"<https://a/x?page=1>; rel="first""#, nil),
    ("<https://a/x?page=2", nil),
    (#"<https://a/x?a b>; rel="next""#, nil),
    ("", nil),
  ]

  @Test func `the query of the next page is found among links`() {
    for (value, expected) in Self.rows {
      #expect(LinkHeader.nextQuery(of: value) == expected, "\(value)")
    }
  }
}
