/// A program that launches MCP servers, and how it wants to be told of one.
package enum Client: String, CaseIterable, Sendable {
  case claudeDesktop = "claude-desktop"
  case claudeCode = "claude-code"
  case cursor
  case vscode
  case windsurf
  case gemini

  /// Whose configuration is meant: the person's own, or that of one project folder.
  package enum Scope: String, CaseIterable, Sendable {
    case user, project
  }

  /// The name people know it by.
  package var title: String {
    switch self {
    case .claudeDesktop: "Claude Desktop"
    case .claudeCode: "Claude Code"
    case .cursor: "Cursor"
    case .vscode: "VS Code"
    case .windsurf: "Windsurf"
    case .gemini: "Gemini CLI"
    }
  }

  /// The member of the configuration file that holds the servers by name.
  package var container: String { self == .vscode ? "servers" : "mcpServers" }

  /// Whether entries say `"type": "stdio"`; the others take a command to mean that.
  package var writesType: Bool { self == .vscode || self == .claudeCode || self == .cursor }

  /// What has to happen before the client sees a change.
  package var afterwards: String {
    switch self {
    case .claudeDesktop: "Quit Claude Desktop and start it again."
    case .claudeCode: "Start a new Claude Code session; /mcp shows the server."
    case .cursor: "Cursor notices by itself; Settings > MCP shows the server."
    case .vscode: "VS Code asks for trust at the first start; 'MCP: List Servers' shows the server."
    case .windsurf: "Press Refresh in Windsurf's MCP settings."
    case .gemini: "Start Gemini CLI again; /mcp shows the server."
    }
  }

  /// The file of this client, or nil when it has none for that scope.
  package func file(scope: Scope, in places: ClientPlaces) -> String? {
    switch (self, scope) {
    case (.claudeDesktop, .user): places.applicationData + "/Claude/claude_desktop_config.json"
    case (.claudeCode, .user): places.home + "/.claude.json"
    case (.cursor, .user): places.home + "/.cursor/mcp.json"
    case (.vscode, .user): places.applicationData + "/Code/User/mcp.json"
    case (.windsurf, .user): places.home + "/.codeium/windsurf/mcp_config.json"
    case (.gemini, .user): places.home + "/.gemini/settings.json"
    case (.claudeCode, .project): places.project + "/.mcp.json"
    case (.cursor, .project): places.project + "/.cursor/mcp.json"
    case (.vscode, .project): places.project + "/.vscode/mcp.json"
    case (.gemini, .project): places.project + "/.gemini/settings.json"
    case (.claudeDesktop, .project), (.windsurf, .project): nil
    }
  }
}

/// The folders that the locations of client files start from; all absolute.
package struct ClientPlaces: Hashable, Sendable {
  package var home: String
  /// Where desktop programs keep their settings: `~/.config`, on macOS `~/Library/Application Support`.
  package var applicationData: String
  package var project: String

  /// - Returns: nil when `HOME` is not an absolute path.
  package init?(environment: [String: String], project: String) {
    guard let home = environment["HOME"], home.utf8.first == UInt8(ascii: "/") else { return nil }
    self.home = home
    self.project = project
    #if os(macOS)
      applicationData = home + "/Library/Application Support"
    #else
      // A relative XDG_CONFIG_HOME is to be ignored (XDG Base Directory Specification).
      let own = environment["XDG_CONFIG_HOME"].flatMap { $0.utf8.first == 0x2F ? $0 : nil }
      applicationData = own ?? home + "/.config"
    #endif
  }
}
