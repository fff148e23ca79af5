import Glibc

/// Functions of glibc that Swift does not import, because its headers are read
/// without _GNU_SOURCE. They are found by name once; where one is missing, its
/// caller does without.
enum GNUExtensions {
  private typealias AddDirectory =
    @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, UnsafePointer<CChar>)
    -> Int32
  private typealias AddCloseFrom =
    @convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32
  private typealias Pipe = @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Int32

  /// posix_spawn_file_actions_addchdir_np(3); returns ENOSYS where it is missing.
  static func addDirectory(
    _ actions: inout posix_spawn_file_actions_t, _ directory: String
  ) -> Int32 {
    guard let symbol = dlsym(nil, "posix_spawn_file_actions_addchdir_np") else { return ENOSYS }
    return unsafeBitCast(symbol, to: AddDirectory.self)(&actions, directory)
  }

  /// posix_spawn_file_actions_addclosefrom_np(3)
  static func addCloseFrom(_ actions: inout posix_spawn_file_actions_t, _ lowest: Int32) {
    guard let symbol = dlsym(nil, "posix_spawn_file_actions_addclosefrom_np") else { return }
    _ = unsafeBitCast(symbol, to: AddCloseFrom.self)(&actions, lowest)
  }

  /// pipe2(2) with O_CLOEXEC: no other thread can start a child between two calls.
  static func pipe(_ ends: inout [Int32]) -> Int32 {
    guard let symbol = dlsym(nil, "pipe2") else { return Glibc.pipe(&ends) }
    return unsafeBitCast(symbol, to: Pipe.self)(&ends, O_CLOEXEC)
  }
}
