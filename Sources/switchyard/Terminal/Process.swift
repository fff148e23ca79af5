import Glibc

/// What the operating system knows about us.
enum Process {
  /// The environment; a variable that stands twice keeps its first value, as `getenv` does.
  static let environment: [String: String] = {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let parts = String(cString: text).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2, variables[String(parts[0])] == nil {
        variables[String(parts[0])] = String(parts[1])
      }
      entry += 1
    }
    return variables
  }()

  /// The current folder, absolute.
  static let workingDirectory: String = {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }()

  /// The path, made absolute from the current folder.
  static func absolute(_ path: String) -> String {
    if path.utf8.first == UInt8(ascii: "/") { return path }
    return workingDirectory + "/" + path
  }

  /// A file that stands beside the executable of this process, else on `PATH`.
  static func companion(_ name: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    var folders: [Substring] = []
    if count > 0 {
      let own = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      folders.append(own[..<(own.lastIndex(of: "/") ?? own.startIndex)])
    }
    folders += (environment["PATH"] ?? "").split(separator: ":").filter { $0.first == "/" }
    return folders.map { $0 + "/" + name }.first { access($0, X_OK) == 0 }
  }

  /// A whole file of at most `limit` bytes, or nil with `errno` set.
  static func contents(of path: String, limit: Int = 64 << 20) -> [UInt8]? {
    let descriptor = path == "-" ? 0 : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { if descriptor != 0 { close(descriptor) } }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while bytes.count <= limit {
      let count = read(descriptor, &chunk, chunk.count)
      if count == 0 { return bytes }
      if count < 0 {
        guard errno == EINTR else { return nil }
        continue
      }
      bytes += chunk[..<count]
    }
    errno = EFBIG
    return nil
  }
}

extension Process {
  /// Whether there is anything at `path`.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// What the system says about the last failure.
  static var lastError: String { String(cString: strerror(errno)) }
}
