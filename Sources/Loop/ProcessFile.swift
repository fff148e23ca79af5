import Glibc

/// What /proc tells about a process. Nothing here waits: the kernel makes
/// these files while they are read.
enum ProcessFile {
  /// The contents, at most 1 MiB; nil when the process or the file is gone.
  static func read(_ path: String) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var contents: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 8192)
    while contents.count < 1 << 20 {
      let count = Glibc.read(file, &piece, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return count == 0 ? contents : nil }
      contents += piece[..<count]
    }
    return contents
  }

  /// The fields of `/proc/PID/stat` from the third (state) on: the second, the
  /// name, may contain anything (proc(5)).
  static func statusFields(_ pid: Int32) -> [ArraySlice<UInt8>]? {
    guard let line = read("/proc/\(pid)/stat"),
      let end = line.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    return line[(end + 1)...].split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
  }

  static func number<Number: FixedWidthInteger>(_ text: ArraySlice<UInt8>) -> Number? {
    Number(String(decoding: text, as: UTF8.self))
  }

  /// Clock ticks from boot to the start of the process (field 22).
  static func startTime(_ pid: Int32) -> UInt64? {
    guard let fields = statusFields(pid), fields.count > 19 else { return nil }
    return number(fields[19])
  }

  /// Whether the process has ended and waits to be reaped; true as well when there is none.
  static func isZombie(_ pid: Int32) -> Bool {
    guard let state = statusFields(pid)?.first else { return true }
    return state.elementsEqual("Z".utf8) || state.elementsEqual("X".utf8)
  }

  static func parent(_ pid: Int32) -> Int32? {
    guard let fields = statusFields(pid), fields.count > 1 else { return nil }
    return number(fields[1])
  }

  /// The children of this process: of each of its threads, or, where the
  /// kernel does not list them, every process that names us as its parent.
  static func ownChildren() -> [Int32] {
    var children: [Int32] = []
    for task in entries("/proc/self/task") {
      guard let list = read("/proc/self/task/\(task)/children") else { return childrenByParent() }
      children += list.split(separator: UInt8(ascii: " ")).compactMap { number($0) }
    }
    return children
  }

  private static func childrenByParent() -> [Int32] {
    let own = getpid()
    return entries("/proc").filter { parent($0) == own }
  }

  /// The entries of a directory that are numbers.
  static func entries(_ path: String) -> [Int32] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var numbers: [Int32] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if let number = Int32(name) { numbers.append(number) }
    }
    return numbers
  }
}
