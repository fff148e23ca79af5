import PluginKit

/// The tools about comments, attachments and people.
extension Definition {
  static let addTaskComment = Definition(
    "add_task_comment", "Comments on a task; its followers are told.", .creates,
    [
      .task, .text("text", "The comment as plain text.").notWith("html_text"),
      .text("html_text", "The comment as Asana's rich text, in place of text."),
      .flag("is_pinned", "Whether it is pinned."), .fields,
    ], fields: "text,created_at,created_by.name,is_pinned", anyOf: ["text", "html_text"])

  static let getTaskComments = Definition(
    "get_task_comments", "Lists the comments on a task, or all that happened to it.", .reads,
    [
      .task,
      .flag("include_activity", "Whether what Asana noted itself is listed too.").standard(false),
    ] + Parameter.paging, fields: "type,resource_subtype,text,created_at,created_by.name")

  static let uploadAttachment = Definition(
    "upload_attachment", "Attaches a file or a link to a task or a project.", .creates,
    [
      .gid("parent_id", "gid of the task, project or project brief.").required,
      .text("content_base64", "Content of the file.").with("contentEncoding", "base64")
        .notWith("url"),
      .text("file_name", "Name of the file."), .text("mime_type", "Media type of the file."),
      .text("url", "The link to attach in place of a file.").with("format", "uri").needs("name"),
      .text("name", "Name of the link."), .fields,
    ], fields: "name,resource_subtype,size,permanent_url,created_at",
    anyOf: ["content_base64", "url"], isBatchable: false)

  static let getTaskAttachments = Definition(
    "get_task_attachments", "Lists the attachments of a task.", .reads,
    [.task] + Parameter.paging,
    fields: "name,resource_subtype,size,created_at,download_url,view_url")

  static let getTeamsForWorkspace = Definition(
    "get_teams_for_workspace", "Lists the teams of an organisation.", .reads,
    [.workspace] + Parameter.paging, fields: "name,description,visibility,permalink_url")

  static let listWorkspaceUsers = Definition(
    "list_workspace_users", "Lists the users of a workspace or of one team.", .reads,
    [
      .workspace, .text("team_id", "gid of a team, for its members only."),
      .text("offset", "Where to begin: what an earlier answer gave as the next page."),
      .integer("max_items", "Users at most.").with("minimum", 1).standard(500), .fields,
    ], fields: "name,email")

  static let getUser = Definition(
    "get_user", "Shows a user; you yourself if none is named.", .reads,
    [.text("user_id", "gid or e-mail address of the user, or me.").standard("me"), .fields],
    fields: "name,email,photo.image_60x60,workspaces.name")
}
