import Files
import Glibc
import Loop

/// Whether a bundle is what somebody has signed, and whether this system trusts who that was.
///
/// `openssl` decides, as a process with a limit, on copies in a folder of their own; nothing of the
/// bundle is run. The signature is over the archive without the block behind it. Newer tools sign
/// before they count the block as the archive's comment, older ones do not count it.
enum SignatureCheck {
  enum Verdict: Equatable {
    /// The certificates lead to one that the system trusts.
    case trusted
    /// The content is what was signed; why the certificate says nothing.
    case untrusted(String)
    /// What `openssl` said.
    case mismatch(String)
    /// Why nothing is known.
    case unchecked(String)
  }

  private static let patience = Duration.seconds(60)
  private static let program = "openssl"
  private static let passed = ["PATH", "SSL_CERT_FILE", "SSL_CERT_DIR"]
  /// RFC 5652 verification that did not succeed, as `openssl cms` exits.
  private static let refused: Int32 = 4

  /// - Parameter end: where the archive ends in `bytes`, and the block begins.
  static func verdict(
    on signature: BundleSignature.Signed, of bytes: [UInt8], endingAt end: Int
  ) -> Verdict {
    guard let executable = Process.companion(program) else {
      return .unchecked("there is no '\(program)'")
    }
    do {
      let folder = try CheckFolder()
      defer { folder.remove() }
      try NewFile.write(signature.bytes, to: folder.signature, mode: 0o600)
      try folder.write(bytes[..<end])
      var matches = try run(executable, folder, ["-noverify"])
      // The length of the comment is the last number of the archive.
      if matches.status == .exited(refused), bytes[..<end].suffix(2) != [0, 0] {
        try folder.clearComment(endingAt: end)
        matches = try run(executable, folder, ["-noverify"])
      }
      switch matches.status {
      case .exited(0): break
      case .exited(refused): return .mismatch(reason(in: matches.errors))
      default: return .unchecked(reason(in: matches.errors))
      }
      let trusted = try run(executable, folder, ["-purpose", "any"])
      guard trusted.status == .exited(0) else { return .untrusted(reason(in: trusted.errors)) }
      return signature.isForCode ? .trusted : .untrusted("it is not for signing programs")
    } catch {
      return .unchecked((error as? CommandFailure)?.message ?? "\(error)")
    }
  }

  /// The part that is meant for people, of lines such as
  /// `40:error:1700:CMS routines:f:certificate verify error:f.c:289:Verify error: expired`.
  private static func reason(in errors: [UInt8]) -> String {
    let text = String(decoding: errors.prefix(2000), as: UTF8.self)
    let lines = text.split(separator: "\n").map(String.init)
    if let found = text.split(separator: "Verify error:").dropFirst().first {
      return String(found.drop { $0 == " " }.prefix { $0 != "\n" })
    }
    let fields = lines.first { $0.contains(":error:") }?.split(separator: ":") ?? []
    return fields.count > 5 ? String(fields[5]) : lines.first ?? "it says nothing"
  }

  // MARK: The program

  private static func run(
    _ executable: String, _ folder: CheckFolder, _ more: [String]
  ) throws -> ProgramRun.Outcome {
    let words =
      [program, "cms", "-verify", "-binary", "-inform", "DER", "-in", folder.signature]
      + ["-content", folder.content, "-out", "/dev/null"] + more
    let variables = passed.compactMap { name in
      Process.environment[name].map { "\(name)=\($0)" }
    }
    let spec = ChildSpec(executable: executable, arguments: words, environment: variables)
    let result = CheckResult()
    EventLoop.run { start(spec, result) }
    let outcome = try result.outcome.get()
    if outcome.isCutShort {
      throw CommandFailure("'\(program)' took more than \(patience.components.seconds) s")
    }
    return outcome
  }

  @EventLoop
  private static func start(_ spec: ChildSpec, _ result: CheckResult) {
    do throws(SpawnError) {
      try ProgramRun(spec, input: [], patience: patience, outputLimit: 64 << 10) { outcome in
        result.outcome = .success(outcome)
        EventLoop.stop()
      }
    } catch {
      result.outcome = .failure(CommandFailure("'\(program)': \(error)"))
      EventLoop.atEndOfTurn { EventLoop.stop() }
    }
  }
}

/// What the loop leaves behind.
private final class CheckResult: @unchecked Sendable {
  var outcome: Result<ProgramRun.Outcome, CommandFailure> = .failure(CommandFailure("interrupted"))
}

/// Where `openssl` finds what it verifies.
private struct CheckFolder {
  private let path: String
  var signature: String { path + "/signature" }
  var content: String { path + "/content" }

  init() throws {
    let parent = Process.environment["TMPDIR"].flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
    var template = Array((parent + "/switchyard-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw CommandFailure("\(parent): \(Process.lastError)") }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func write(_ bytes: ArraySlice<UInt8>) throws {
    try NewFile.write(bytes, to: content, mode: 0o600)
  }

  /// Makes the archive one without a comment.
  func clearComment(endingAt end: Int) throws {
    let descriptor = open(content, O_WRONLY | O_CLOEXEC)
    defer { close(descriptor) }
    guard descriptor >= 0, pwrite(descriptor, [UInt8(0), 0], 2, off_t(end - 2)) == 2 else {
      throw CommandFailure("\(content): \(Process.lastError)")
    }
  }

  func remove() { FolderTree.remove(path) }
}
