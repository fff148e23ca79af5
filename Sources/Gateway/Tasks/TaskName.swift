/// Task ids of many services: `ID` of service `build` is `build:ID` for clients.
///
/// The ids of a single service stay as they are.
enum TaskName {
  static func adding(_ service: String, to id: [UInt8]) -> [UInt8] {
    Array(service.utf8) + [UInt8(ascii: ":")] + id
  }

  /// `nil` if nothing stands in front of the id.
  static func split(_ id: [UInt8]) -> (service: [UInt8], own: [UInt8])? {
    guard let colon = id.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    return (Array(id[..<colon]), Array(id[(colon + 1)...]))
  }
}
