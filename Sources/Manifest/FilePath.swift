/// Paths as text. Nothing here asks the file system.
enum FilePath {
  /// `path`, counted from `directory` if it is relative; without `./` in front and `/` behind.
  ///
  /// `..` stays, since only the file system knows what it means behind a symbolic link.
  static func absolute(_ path: String, in directory: String) -> String {
    var rest = trimmed(path[...])
    if path.utf8.first == UInt8(ascii: "/") { return rest.isEmpty ? "/" : String(rest) }
    while rest.utf8.starts(with: "./".utf8) { rest = rest.dropFirst(2) }
    let base = trimmed(directory[...])
    return rest.isEmpty || rest == "." ? String(base) : base + "/" + rest
  }

  /// The folder that `path` lies in.
  static func folder(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The last component.
  static func name(of path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) }
      ?? path
  }

  /// The last component without its extension.
  static func stem(of path: String) -> String {
    let name = name(of: path)
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")), dot != name.startIndex else {
      return name
    }
    return String(name[..<dot])
  }

  private static func trimmed(_ path: Substring) -> Substring {
    var path = path
    while path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
    return path
  }
}
