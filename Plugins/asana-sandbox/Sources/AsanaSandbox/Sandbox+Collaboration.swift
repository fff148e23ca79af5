import PluginKit

/// What the tools about comments, attachments and people do.
extension Sandbox {
  static let collaborationTools: [SandboxTool] = [
    SandboxTool(
      .addTaskComment,
      one: { store, input throws(Refusal) in
        store.render(try store.comment(input))
      }),
    SandboxTool(
      .getTaskComments,
      list: { store, input throws(Refusal) in
        try store.comments(input).map { store.render($0) }
      }),
    SandboxTool(.uploadAttachment, slowly: upload),
    SandboxTool(
      .getTaskAttachments,
      list: { store, input throws(Refusal) in
        try store.attachmentList(input).map { store.render($0) }
      }),
    SandboxTool(
      .getTeamsForWorkspace,
      list: { store, input throws(Refusal) in
        let workspace = try store.require(workspace: input.text("workspace_id"))
        return store.teams.all.filter { $0.workspace == workspace.gid }.map { store.render($0) }
      }),
    SandboxTool(
      .listWorkspaceUsers,
      list: { store, input throws(Refusal) in
        var users = store.users.all
        if let gid = input.text("team_id") {
          let members = try store.require(team: gid).members
          users = users.filter { members.contains($0.gid) }
        } else {
          _ = try store.require(workspace: input.text("workspace_id"))
        }
        return users.sorted { $0.name < $1.name }.map { store.render($0) }
      }),
    SandboxTool(
      .getUser,
      one: { store, input throws(Refusal) in
        store.render(try store.require(user: input.text("user_id") ?? "me"))
      }),
  ]

  /// Bytes of base64 that are read between two reports.
  private static let chunk = 64 << 10

  /// Reads the content in pieces, or takes a link.
  private static let upload:
    @Sendable (Sandbox, Input, CallContext) async throws -> StructuredValue = {
      sandbox, input, context in
      try input.refuseBoth("content_base64", "url")
      var size: Int?
      if let content = input.text("content_base64") {
        guard input.text("file_name") != nil else {
          throw Refusal.invalid("file_name: It is missing", help: "Give the name of the file.")
        }
        size = try read(content, context)
      } else if input.text("url") == nil {
        throw Refusal.invalid(
          "file: It is missing", help: "Give content_base64 and file_name, or url and name.")
      } else if input.text("name") == nil {
        throw Refusal.invalid("name: It is missing", help: "Give the link a name.")
      }
      let value = try sandbox.step { store throws(Refusal) in
        store.render(try store.attach(input, size: size))
      }
      return Definition.uploadAttachment.selection(input).apply(to: value)
    }

  /// - Returns: the number of bytes that the content stands for.
  private static func read(_ content: String, _ context: CallContext) throws -> Int {
    var reader = Base64Reader()
    let bytes = Array(content.utf8)
    let total = bytes.count / 4 * 3
    var at = 0
    while at < bytes.count {
      try context.checkCancellation()
      let end = min(at + chunk, bytes.count)
      guard reader.read(bytes[at..<end]) else {
        throw Refusal.invalid(
          "file: The content is not base64", help: "Encode the content as RFC 4648 says.")
      }
      context.report(
        Double(min(reader.size, total)), of: Double(total), message: "\(reader.size) bytes")
      at = end
    }
    guard let size = reader.finish() else {
      throw Refusal.invalid("file: The content ends too early", help: "Send all of it.")
    }
    return size
  }
}

/// Counts the bytes of a text in base64 (RFC 4648, section 4) that comes in pieces.
struct Base64Reader {
  private var digits = 0
  private var padding = 0

  /// The bytes that are complete so far.
  var size: Int { digits * 6 / 8 }

  /// - Returns: false when the text is not base64.
  mutating func read(_ piece: ArraySlice<UInt8>) -> Bool {
    for byte in piece {
      switch byte {
      case UInt8(ascii: "="): padding += 1
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
        if padding > 0 { return false }
        digits += 1
      default: return false
      }
    }
    return padding <= 2
  }

  /// The size of the whole; nil when the text cannot end here.
  func finish() -> Int? {
    (digits + padding) % 4 == 0 && digits % 4 != 1 ? size : nil
  }
}
