import Backend
import MCP
import RawJSON

/// Whether a tool of 2025-11-25 can be called as a task (`execution.taskSupport`).
enum TaskSupport: Sendable {
  case forbidden, optional, required

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

extension Offer {
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
