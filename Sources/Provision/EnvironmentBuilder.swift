import Files
import Glibc
package import Manifest
import RawJSON
import Store
import YAML

/// Makes the environment of one service. Blocks, for at most the time that its manifest allows.
package struct EnvironmentBuilder {
  private let python: PythonPackages
  private let folder: String
  private let path: String
  private let steps: BuildSteps
  private let tell: (String) -> Void

  /// - Parameters:
  ///   - python: with its folder.
  ///   - inherited: the environment; of it, installers get what concerns them.
  ///   - tell: is called with what is done, a few words each.
  package init(
    _ python: PythonPackages, inherited: [String: String], tell: @escaping (String) -> Void
  ) {
    self.python = python
    folder = python.folder ?? ""
    path = inherited["PATH"] ?? ProcessSpec.usualPath
    steps = BuildSteps(
      variables: BuildSteps.variables(inherited, index: python.index), limit: python.timeout)
    self.tell = tell
  }

  /// Makes the environment if there is none; waits for whoever makes it already.
  ///
  /// Returns whether it was made now. What was begun and not finished is removed.
  @discardableResult
  package func build() throws(EnvironmentFailure) -> Bool {
    if python.isBuilt { return false }
    try makeShelf()
    let lock = try BuildLock(folder + ".lock", until: steps.deadline) { holder in
      tell("waiting for process \(holder), which makes it")
    }
    defer { lock.release() }
    if python.isBuilt { return false }
    FolderTree.remove(folder)
    do throws(EnvironmentFailure) {
      try make()
    } catch {
      FolderTree.remove(folder)
      throw error
    }
    return true
  }

  private func makeShelf() throws(EnvironmentFailure) {
    let place = "/" + folder.split(separator: "/").dropLast().joined(separator: "/")
    do throws(StoreError) {
      try PrivateFolder.make(place)
    } catch {
      throw EnvironmentFailure("the folder \(quoted(place)) cannot be made: \(error)")
    }
  }

  private func make() throws(EnvironmentFailure) {
    let text = try python.lockText()
    let uv = ProcessSpec.locate("uv", path: path)
    try makeEmpty(in: folder, by: uv)
    let count = python.requirements.count
    if text.isEmpty {
      tell("installing \(count) package\(count == 1 ? "" : "s")")
      try install(python.requirements, by: uv)
    } else {
      let copy = folder + "/switchyard.lock"
      try write(text, to: copy)
      tell("installing what the lock file names")
      try install(["--no-deps", "-r", copy], by: uv)
      tell("checking that the lock file holds all that the packages need")
      do throws(EnvironmentFailure) {
        try install(["--no-index"] + python.requirements, by: uv, isCheck: true)
      } catch {
        throw EnvironmentFailure(
          "the lock file does not hold what the packages need; "
            + "'switchyard prepare --lock' writes it anew. \(error)")
      }
    }
    try seal()
  }

  /// A virtual environment without packages of its own.
  private func makeEmpty(in folder: String, by uv: String?) throws(EnvironmentFailure) {
    tell("making a virtual environment")
    let program = ProcessSpec.locate(python.interpreter, path: path)
    if let uv {
      let choice = program.map { ["--python", $0] } ?? ["--python", python.interpreter]
      return try steps.run(uv, ["venv", "--quiet"] + choice + [folder])
    }
    guard let program else {
      throw EnvironmentFailure(
        "neither uv nor \(quoted(python.interpreter)) is in PATH; install one of them")
    }
    try steps.run(program, ["-m", "venv", folder])
  }

  private func install(
    _ words: [String], by uv: String?, isCheck: Bool = false
  ) throws(EnvironmentFailure) {
    let interpreter = folder + "/bin/python"
    let sources = isCheck ? [] : self.sources
    if let uv {
      try steps.run(uv, ["pip", "install", "--quiet", "--python", interpreter] + sources + words)
    } else {
      try steps.run(interpreter, Self.pip + ["install", "--quiet"] + sources + words)
    }
  }

  private static let pip = ["-m", "pip", "--disable-pip-version-check", "--no-input"]

  /// Where packages come from; the address of an index is a variable, which `ps` does not show.
  private var sources: [String] {
    guard !python.links.isEmpty else { return [] }
    return (python.index.isEmpty ? ["--no-index"] : []) + ["--find-links", python.links]
  }

  private func seal() throws(EnvironmentFailure) {
    let place = folder + "/" + PythonPackages.seal
    guard let mark = PythonPackages.mark(ofInterpreterIn: folder) else {
      throw EnvironmentFailure("there is no interpreter in \(quoted(folder))")
    }
    try write(mark, to: place + ".new")
    guard rename(place + ".new", place) == 0 else {
      throw EnvironmentFailure("\(quoted(place)): \(String(cString: strerror(errno)))")
    }
  }

  private func write(_ bytes: [UInt8], to path: String) throws(EnvironmentFailure) {
    let code = SmallWrite.write(bytes, to: path)
    guard code == 0 else {
      throw EnvironmentFailure("\(quoted(path)): \(String(cString: strerror(code)))")
    }
  }
}

// MARK: Locking

extension EnvironmentBuilder {
  /// Finds out which versions the packages need today, and writes them into the lock file.
  ///
  /// Digests of their files are written too, where all are known. Always asks pip, whatever
  /// installs later.
  package func writeLock() throws(EnvironmentFailure) -> Int {
    try makeShelf()
    let scratch = folder + ".locking-\(getpid())"
    defer { FolderTree.remove(scratch) }
    FolderTree.remove(scratch)
    try makeEmpty(in: scratch, by: nil)
    tell("finding out which versions are needed")
    let report = scratch + "/report.json"
    let words = ["install", "--quiet", "--dry-run", "--ignore-installed", "--report", report]
    try steps.run(scratch + "/bin/python", Self.pip + words + sources + python.requirements)
    guard let bytes = try? RegularFile.read(report, limit: 64 << 20),
      let lines = LockLines(report: bytes)
    else { throw EnvironmentFailure("pip wrote no report; it must be 22.2 or newer") }
    try write(lines.text, to: python.lock + ".new")
    guard rename(python.lock + ".new", python.lock) == 0 else {
      throw EnvironmentFailure("\(quoted(python.lock)): \(String(cString: strerror(errno)))")
    }
    return lines.count
  }
}
