import Backend
import MCP
import Manifest
import RawJSON

/// Whether a tool can be called as a task of 2025-11-25 (`execution.taskSupport`).
enum TaskSupport: Sendable {
  case forbidden, optional, required
  /// Its service makes none of it, or none that legacy clients know, but the gateway does.
  case offered

  /// - Parameter tool: an item of a list.
  init(of tool: [UInt8]) {
    let bytes = tool.span.bytes
    let execution = JSON.member(
      "execution", of: ByteRange(start: 0, end: tool.count), in: bytes)
    let word = JSON.member("taskSupport", of: execution, in: bytes)
    if JSON.equals(word, "required", in: bytes) {
      self = .required
    } else {
      self = JSON.equals(word, "optional", in: bytes) ? .optional : .forbidden
    }
  }
}

/// Which tasks a service makes itself.
enum TaskKind: Sendable {
  case none
  /// Of 2025-11-25, for the tools that say so.
  case core
  /// Of the extension; which calls become tasks is the service's own decision.
  case ofExtension

  /// - Parameters:
  ///   - name: the service's own name of the tool.
  ///   - json: the tool.
  func support(of name: [UInt8], _ json: [UInt8], _ manifest: ServiceManifest) -> TaskSupport {
    let own = self == .core ? TaskSupport(of: json) : .forbidden
    guard own == .forbidden else { return own }
    return self == .ofExtension || manifest.tools.makesTasks(of: name) ? .offered : .forbidden
  }
}

extension Offer {
  var taskKind: TaskKind {
    if hasTaskExtension { return .ofExtension }
    return hasLegacyTasks ? .core : .none
  }

  /// Whether the service takes `tools/call` as a task of 2025-11-25.
  var hasLegacyTasks: Bool {
    guard introduction.revision == .r2025_11_25 else { return false }
    return !member(["tasks", "requests", "tools", "call"]).isAbsent
  }

  /// Whether it answers with tasks of the extension of 2026-07-28.
  var hasTaskExtension: Bool {
    introduction.revision.era == .modern
      && !member(["extensions", "io.modelcontextprotocol/tasks"]).isAbsent
  }

  private func member(_ path: [StaticString]) -> ByteRange {
    let capabilities = introduction.capabilities
    var place = ByteRange(start: 0, end: capabilities.count)
    guard !capabilities.isEmpty else { return .absent }
    for key in path { place = JSON.member(key, of: place, in: capabilities.span.bytes) }
    return place
  }
}
