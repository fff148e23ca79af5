import ArgumentParser
import Clients
import Manifest

/// `switchyard register --replace`: a client's servers become services of the gateway.
///
/// The order is what makes it safe: manifests first, then the record of what the file was, then
/// the file in one step. Whatever fails in between, the client has its servers, and running it
/// again finds the manifests there.
struct ClientTakeover {
  let target: RegisterOptions
  let registration: Registration
  let paths: ConfigurationPaths
  /// Names of the services that there are.
  let services: [String]
  let answers: Answers
  let asks: Bool

  func run() throws {
    let file = try target.open()
    guard let contents = file.contents else {
      throw CommandFailure("\(file.path) does not exist; there is nothing to replace")
    }
    var adoption = try adoption(of: contents, in: file)
    adoption.check()
    adoption.dropUnserved()
    let replacement: Replacement
    do throws(RegistrationError) {
      replacement = try Replacement(
        adoption.items.map(\.server.name), by: registration, in: contents, force: target.force)
    } catch {
      throw CommandFailure("\(file.path):\(error)")
    }
    adoption.show()
    if !adoption.left.isEmpty {
      Terminal.error.write("What is left out stays in \(file.path).\n")
    }
    if replacement.after == contents {
      Terminal.output.write("There is nothing to replace in \(file.path).\n")
    } else if target.dryRun {
      try target.finish(file, .write(replacement.after), done: "")
    } else {
      try carryOut(replacement, adoption, in: file)
    }
    if !adoption.left.isEmpty { throw ExitCode(ExitStatus.badNews.rawValue) }
  }

  private func adoption(of contents: [UInt8], in file: ConfigFile) throws -> Adoption {
    let list: ServerList
    do throws(RegistrationError) {
      list = try Replacement.servers(of: target.client, in: contents)
    } catch {
      throw CommandFailure("\(file.path):\(error)")
    }
    var servers = list.servers
    // Clients run a project's servers in its folder.
    if target.scope == .project, target.file == nil {
      servers = servers.map {
        $0.placed(in: Process.workingDirectory, always: true, exists: Process.exists)
      }
    }
    return Adoption(
      servers, left: list.left, asking: answers, into: paths.configuration,
      Placement(in: paths.configuration, known: services, replaces: false, advice: ""))
  }

  private func carryOut(
    _ replacement: Replacement, _ adoption: Adoption, in file: ConfigFile
  ) throws {
    let count = adoption.items.count
    let what = count == 1 ? "1 server" : "\(count) servers"
    if asks { try Add.ask("Let the gateway stand for \(what) in \(file.path)?") }
    try adoption.write()
    let record = ReplacementRecord(file: file.target, state: paths.state)
    let before = try record.read()
    if count > 0 { try record.write(before + [replacement]) }
    do {
      try target.finish(
        file, .write(replacement.after), done: "Put the gateway in the place of \(what) in")
    } catch {
      try record.write(before)
      throw error
    }
    if count > 0 {
      let scope = target.scope == .project ? " --scope project" : ""
      Terminal.output.write(
        "To bring them back: switchyard register \(target.client.rawValue)\(scope) --restore\n")
    }
    for item in adoption.items where item.manifest.mayWantLogin {
      Terminal.output.write("If it wants a login: switchyard login \(item.manifest.name)\n")
    }
  }
}

/// `switchyard register --restore`.
struct ClientReturn {
  let target: RegisterOptions
  let state: String

  func run() throws {
    let file = try target.open()
    let record = ReplacementRecord(file: file.target, state: state)
    let layers = try record.read()
    guard let last = layers.last else {
      let backup = file.backups().first.map { "; the newest backup is \($0)" } ?? ""
      throw CommandFailure("nothing was replaced in \(file.path)\(backup)")
    }
    var text = file.contents ?? last.after
    var kept: [String] = []
    do throws(RegistrationError) {
      for layer in layers.reversed() {
        let undone = try layer.undone(in: text)
        text = undone.text
        kept += undone.kept
      }
    } catch {
      throw CommandFailure("\(file.path):\(error)")
    }
    for server in Set(kept).sorted() {
      Terminal.error.write("'\(server.printable())' is there anew and stays as it is\n")
    }
    if text == file.contents {
      Terminal.output.write("The servers are in \(file.path) already.\n")
    } else {
      try target.finish(file, .write(text), done: "Brought the servers back into")
    }
    if target.dryRun { return }
    try record.write([])
    Terminal.output.write("Their manifests stay; 'switchyard list' shows what they offer.\n")
  }
}
