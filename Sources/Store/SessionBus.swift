import Glibc

/// The D-Bus of a person's session, behind which the keyring stands.
///
/// Clients start gateways with few variables, so that it is also looked for where systemd puts that
/// of every session, and where it was when the entry was made.
package struct SessionBus: Hashable, Sendable {
  /// As `DBUS_SESSION_BUS_ADDRESS` has it.
  package let address: String
  /// Whether it is the one that every program of the person finds, in this session and in later ones.
  package let isLasting: Bool

  static let variable = "DBUS_SESSION_BUS_ADDRESS"

  /// Nil where there is none.
  ///
  /// - Parameters:
  ///   - remembered: the address of earlier; it is taken if its socket is still there.
  ///   - runtime: what holds the folder of each person, named by number.
  package init?(
    _ environment: [String: String], remembered: String? = nil, runtime: String = "/run/user"
  ) {
    var folders = ["\(runtime)/\(geteuid())"]
    if let named = environment["XDG_RUNTIME_DIR"], named.utf8.first == UInt8(ascii: "/") {
      folders.insert(named, at: 0)
    }
    let lasting = folders.map { $0 + "/bus" }
    let address: String
    if let remembered, let path = Self.path(of: remembered), Self.isSocket(path) {
      address = remembered
    } else if let named = environment[Self.variable], !named.isEmpty {
      address = named
    } else if let path = lasting.first(where: Self.isSocket) {
      address = "unix:path=" + Self.escaped(path)
    } else {
      return nil
    }
    self.address = address
    isLasting = Self.path(of: address).map(lasting.contains) ?? false
  }

  /// A socket of ours or of the system.
  private static func isSocket(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
      && (status.st_uid == geteuid() || status.st_uid == 0)
  }

  // MARK: Addresses (D-Bus specification, "Server Addresses")

  /// Of one address `unix:path=PATH`, with or without more keys behind it.
  private static func path(of address: String) -> String? {
    let prefix = "unix:path="
    guard address.utf8.starts(with: prefix.utf8) else { return nil }
    var bytes: [UInt8] = []
    var rest = address.utf8.dropFirst(prefix.utf8.count).prefix { $0 != UInt8(ascii: ",") }
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        if byte == UInt8(ascii: ";") { return nil }
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard digits.utf8.count == 2, let value = UInt8(digits, radix: 16), value != 0 else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return bytes.first == UInt8(ascii: "/") ? String(decoding: bytes, as: UTF8.self) : nil
  }

  private static func escaped(_ path: String) -> String {
    var text = ""
    for byte in path.utf8 {
      let letter = byte | 0x20
      let isPlain =
        letter >= UInt8(ascii: "a") && letter <= UInt8(ascii: "z")
        || byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") || "-_/.".utf8.contains(byte)
      if isPlain {
        text += String(decoding: [byte], as: UTF8.self)
      } else {
        text += (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
      }
    }
    return text
  }
}
