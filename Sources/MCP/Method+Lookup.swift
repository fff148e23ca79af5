package import RawJSON

extension Method {
  /// The method whose name is the string at `range` (quotes included), escapes decoded.
  ///
  /// Allocates only for a name with an escape, such as the `tools\/call` of PHP.
  package init(_ range: ByteRange, in bytes: RawSpan) {
    self = Self.table.slot(of: range, in: bytes).flatMap(Method.init) ?? .unknown
  }

  /// The method with this name, compared as bytes.
  package init(named name: some Collection<UInt8>) {
    let match = Self.allCases.first { method in
      method.name.withUTF8Buffer { unsafe name.elementsEqual($0) }
    }
    self = name.isEmpty ? .unknown : match ?? .unknown
  }

  private static let table = NameTable(
    allCases.filter { $0 != .unknown }.map { NameTable.Name($0.name, slot: $0.rawValue) })
}
