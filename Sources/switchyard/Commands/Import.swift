import ArgumentParser
import Glibc
import OpenAPI

/// `switchyard import`: writes a manifest from a description of an API.
struct Import: ParsableCommand {
  enum Kind: String, CaseIterable, ExpressibleByArgument { case openapi }

  static let configuration = CommandConfiguration(
    abstract: "Write a manifest from an OpenAPI document.",
    discussion: """
      Reads OpenAPI 3.0 or 3.1, as YAML or JSON. The manifest is a beginning: drop
      the tools that a model does not need. What it cannot say is listed in its
      first lines and on standard error. Exit codes: 0 written, 1 the document
      cannot be imported or the file exists.

      EXAMPLES
        switchyard import openapi api.yaml --tag Tasks --output tasks.yaml
        switchyard import openapi https://example.org/openapi.json --operation getUser
      """)

  @Argument(help: "What the document is: openapi.")
  var kind: Kind

  @Argument(
    help: "The document: a file, - for standard input, or an http or https URL.",
    completion: .file(extensions: ["yaml", "yml", "json"]))
  var source: String

  @Option(name: .customLong("tag"), help: "Only operations with this tag; may be repeated.")
  var tags: [String] = []

  @Option(
    name: .customLong("operation"),
    help: ArgumentHelp("Also the operation with this id; may be repeated.", valueName: "id"))
  var operations: [String] = []

  @Option(
    help: ArgumentHelp("The service's name; by default made of the title.", valueName: "name"))
  var service: String?

  @Option(
    help: ArgumentHelp("Where the manifest goes, instead of standard output.", valueName: "file"),
    completion: .file(extensions: ["yaml"]))
  var output: String?

  func run() throws {
    var options = ImportOptions()
    (options.tags, options.operations, options.service) = (tags, operations, service)
    options.source = source
    let bytes = try Self.isURL(source) ? Download.contents(of: source) : file()
    let manifest: ImportedManifest
    do throws(ImportError) {
      manifest = try OpenAPI.manifest(of: bytes, options)
    } catch {
      throw CommandFailure("\(source): \(error.message)")
    }
    for note in manifest.notes { Terminal.error.write("note: \(note.printable())\n") }
    if let output {
      try NewFile.write(Array(manifest.text.utf8), to: output, mode: 0o644)
      Terminal.error.write(
        "\(output): \(count(manifest.tools, "tool")), \(count(manifest.notes.count, "note")); "
          + "next: switchyard check \(output)\n")
    } else {
      Terminal.output.write(manifest.text)
    }
  }

  private func count(_ number: Int, _ what: String) -> String {
    "\(number) \(what)\(number == 1 ? "" : "s")"
  }

  private static func isURL(_ text: String) -> Bool {
    text.hasPrefix("https://") || text.hasPrefix("http://")
  }

  private func file() throws -> [UInt8] {
    guard let bytes = Process.contents(of: source) else {
      throw CommandFailure("\(source): \(Process.lastError)")
    }
    return bytes
  }
}

/// A document from the network, fetched by curl(1).
enum Download {
  static func contents(of url: String) throws -> [UInt8] {
    guard let curl = Process.companion("curl") else {
      throw CommandFailure("curl is not installed; download the document and give the file")
    }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw CommandFailure(Process.lastError) }
    // This command has one thread: nothing else is started in between.
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    let words = [
      "curl", "--fail", "--silent", "--show-error", "--location", "--proto", "=http,https",
      "--max-time", "120", "--max-filesize", "67108864", "--", url,
    ]
    var arguments = words.map { strdup($0) } + [nil]
    defer { for word in arguments { free(word) } }
    var child: pid_t = 0
    let failure = posix_spawn(&child, curl, &actions, nil, &arguments, environ)
    close(ends[1])
    defer { close(ends[0]) }
    guard failure == 0 else { throw CommandFailure("curl: \(String(cString: strerror(failure)))") }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(ends[0], &chunk, chunk.count)
      if count > 0 { bytes += chunk[..<count] }
      if count == 0 || (count < 0 && errno != EINTR) { break }
    }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else { throw CommandFailure("\(url): curl could not fetch it") }
    return bytes
  }
}
