import Clients
import Glibc
import Manifest

/// Servers on their way into the configuration: made into manifests, checked, shown, written.
struct Adoption {
  struct Item {
    enum State {
      /// The same manifest, with the same secrets, is there already.
      case there
      case new
      /// It takes the place of a service of its name.
      case replacement
    }

    let server: FoundServer
    let manifest: ServerManifest
    let state: State
    /// What is to be said of its name.
    var notes: [String] = []
    /// What keeps the service from being served.
    var problems: [String] = []
    /// What the machine lacks for it, as far as one can see from here.
    var warnings: [String] = []
  }

  private(set) var items: [Item] = []
  private(set) var left: [LeftServer]
  private let folder: String

  /// - Parameters:
  ///   - folder: that of the configuration.
  ///   - placement: of the same folder.
  init(
    _ servers: [FoundServer], left: [LeftServer], asking answers: Answers, into folder: String,
    _ placement: Placement
  ) {
    self.folder = folder
    self.left = left
    var placement = placement
    for server in servers {
      do throws(LeftServer) {
        items.append(try placement.place(server, try answers.answers(for: server)))
      } catch {
        self.left.append(error)
      }
    }
  }

  /// Whether there is anything to write.
  var hasNews: Bool { items.contains { $0.state != .there } }

  /// `this manifest`, `these 3 manifests`.
  var newManifests: String {
    let count = items.count { $0.state != .there }
    return count == 1 ? "this manifest" : "these \(count) manifests"
  }

  // MARK: Checking

  /// Has the manifests read as the gateway reads them, before any of them is in its place.
  ///
  /// - Parameter isPending: their files come later, so that only commands of `PATH` can be missing.
  mutating func check(isPending: Bool = false) {
    guard let draft = try? DraftFolder(beside: folder) else { return }
    defer { draft.remove() }
    for index in items.indices {
      let manifest = items[index].manifest
      guard let file = try? draft.write(manifest) else { continue }
      let configuration = Configuration.check(
        files: [file], directory: draft.path, environment: Process.environment)
      let isUnwritten = manifest.secrets.contains { $0.value == nil }
      items[index].problems = configuration.diagnostics
        .filter { $0.severity == .error && !(isUnwritten && $0.cause == .secret) }
        .map(\.message)
      items[index].warnings = configuration.ready
        .filter { !isPending || Self.isNotInPath($0) }
        .compactMap { $0.commandWarning(inherited: Process.environment)?.message }
        .map { $0.replacing(draft.path + "/", with: folder + "/") }
    }
  }

  private static func isNotInPath(_ manifest: ServiceManifest) -> Bool {
    if case .notInPath = manifest.process.trouble(inherited: Process.environment) { return true }
    return false
  }

  /// Leaves out what the gateway could not serve as it is.
  mutating func dropUnserved() {
    for item in items {
      let unwritten = item.manifest.secrets.filter { $0.value == nil }.map {
        "its secret '\($0.name)' is not known; give it with --set"
      }
      let foreign = [item.manifest.unresolved, item.server.relativePath].compactMap { $0 }.map {
        "only the client knows what '\($0)' means"
      }
      guard let why = (item.problems + unwritten + foreign).first else { continue }
      left.append(LeftServer(name: item.server.name, why: why))
    }
    let dropped = Set(left.map(\.name))
    items.removeAll { dropped.contains($0.server.name) }
  }

  // MARK: Showing

  func show() {
    for item in items { Terminal.output.write(Self.text(of: item).printable(keepsLines: true)) }
    for server in left {
      Terminal.error.write(
        "'\(server.name)' is left out: \(server.why)\n".printable(keepsLines: true))
    }
  }

  private static func text(of item: Item) -> String {
    let manifest = item.manifest
    var text = manifest.name + "\n"
    func row(_ title: String, _ value: String) {
      // A value of several lines must not look like rows of ours.
      let value = value.printable()
      text += "  " + title + String(repeating: " ", count: 11 - title.count) + value + "\n"
    }
    row(manifest.isRemote ? "reaches" : "runs", manifest.line)
    if let directory = manifest.directory { row("in", directory) }
    if item.state == .there {
      row("note", "is there already, just so")
      return text
    }
    if !manifest.variables.isEmpty {
      row(manifest.isRemote ? "headers" : "variables", manifest.variables.joined(separator: " "))
    }
    if !manifest.secrets.isEmpty {
      row("secret", manifest.secrets.map { "secrets/" + $0.name }.joined(separator: " "))
    }
    for note in item.notes + manifest.notes { row("note", note) }
    for warning in item.warnings { row("warning", warning) }
    for problem in item.problems { row("problem", problem) }
    return text
  }

  // MARK: Writing

  /// Secrets before the manifest that wants them; over a file that is there only where a person has
  /// said so.
  func write() throws {
    for item in items where item.state != .there {
      let replaces = item.state == .replacement
      for secret in item.manifest.secrets {
        guard let value = secret.value else { continue }
        try Self.write(value + "\n", to: folder + "/secrets/" + secret.name, replaces: replaces)
      }
      let file = "\(folder)/manifests/\(item.manifest.name).yaml"
      try Self.write(item.manifest.text, to: file, replaces: replaces)
      Terminal.output.write("\(replaces ? "replaced" : "wrote") \(file)\n")
    }
  }

  private static func write(_ text: String, to path: String, replaces: Bool) throws {
    let parent = path.split(separator: "/").dropLast().joined(separator: "/")
    try NewFolder.make("/" + parent)
    let bytes = Array(text.utf8)
    guard replaces else { return try NewFile.write(bytes, to: path, mode: 0o600) }
    try NewFile.replace(bytes, at: path, mode: 0o600)
  }
}

/// A configuration that lives as long as the check of a manifest.
private struct DraftFolder {
  let path: String
  private let names = ["secrets", "manifests"]

  init(beside folder: String) throws {
    try NewFolder.make(folder)
    var template = Array((folder + "/.adding-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw CommandFailure(Process.lastError) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    for name in names { try NewFolder.make(path + "/" + name) }
  }

  /// Returns the path of the manifest.
  func write(_ manifest: ServerManifest) throws -> String {
    for secret in manifest.secrets {
      guard let value = secret.value else { continue }
      try NewFile.write(
        Array((value + "\n").utf8), to: "\(path)/secrets/\(secret.name)", mode: 0o600)
    }
    let file = "\(path)/manifests/\(manifest.name).yaml"
    try NewFile.write(Array(manifest.text.utf8), to: file, mode: 0o600)
    return file
  }

  func remove() {
    for name in names {
      for file in Process.names(in: path + "/" + name) { unlink("\(path)/\(name)/\(file)") }
      rmdir(path + "/" + name)
    }
    rmdir(path)
  }
}
