import CommandTesting
import RawJSON
import TestSupport
import Testing

/// What the commands do with profiles.
@Suite struct ProfileCommandTests {
  private func home(_ profiles: String, tools: Int = 41) throws -> DemoHome {
    let home = try DemoHome()
    let list = (0..<tools).map { "  tool_\($0): {description: One., get: /\($0)}\n" }.joined()
    try home.write("rest: {url: \"https://api.example.com\"}\ntools:\n" + list, to: "api.yaml")
    try home.folder.write(profiles, to: ".config/switchyard/gateway.yaml")
    return home
  }

  @Test func `check tells of services and tools that there are not`() throws {
    let home = try home(
      "profiles:\n  p:\n    services: [api, demmo]\n    tools: {exclude: [api_tool_99, api_tool_1]}\n",
      tools: 3)
    let run = try home.run("check")
    #expect(run.code == 0)
    let file = "\(home.configuration)/gateway.yaml"
    #expect(
      run.output.contains(
        "\(file):3:21: warning: the profile 'p' names the service 'demmo', which there is not; "
          + "did you mean 'demo'?"), "\(run.output)")
    #expect(
      run.output.contains(
        "\(file):4:23: warning: the profile 'p' names the tool 'api_tool_99', which no service "
          + "offers; did you mean"), "\(run.output)")
    #expect(!run.output.contains("'api_tool_1',"))
    #expect(run.output.hasSuffix("2 of 2 services ready, 2 warnings\n"), "\(run.output)")
  }

  @Test func `a tool of a service that was never asked is not judged`() throws {
    let home = try home("profiles: {p: {tools: {exclude: [demo_anything]}}}\n", tools: 1)
    #expect(try home.run("check").output.hasSuffix("2 of 2 services ready\n"))
  }

  @Test
  func `doctor proposes a profile to a client that takes fewer tools, and is content with it`()
    throws
  {
    let home = try home("{}\n")
    try home.folder.write(
      #"{"mcpServers": {"x": {"command": "/opt/switchyard-gateway"}}}"#, to: ".cursor/mcp.json")
    let before = try home.run("doctor")
    #expect(before.output.contains("too-many-tools"), "\(before.output)")
    #expect(
      before.output.contains(#"profiles: {cursor: {client: ["cursor*"]}}"#), "\(before.output)")
    // What is proposed helps.
    try home.folder.write(
      #"profiles: {cursor: {client: ["cursor*"]}}"#, to: ".config/switchyard/gateway.yaml")
    #expect(!(try home.run("doctor").output.contains("too-many-tools")))
    // One that lists more than the client takes does not.
    try home.folder.write(
      #"profiles: {cursor: {client: ["cursor*"], budget: 41}}"#,
      to: ".config/switchyard/gateway.yaml")
    #expect(try home.run("doctor").output.contains("its profile 'cursor' lists 41"))
    // Nor does one for somebody else, until the client is launched with it.
    try home.folder.write("profiles: {few: {budget: 20}}", to: ".config/switchyard/gateway.yaml")
    #expect(try home.run("doctor").output.contains("too-many-tools"))
    try home.folder.write(
      #"{"mcpServers": {"x": {"command": "/opt/switchyard-gateway", "args": ["--profile", "few"]}}}"#,
      to: ".cursor/mcp.json")
    #expect(!(try home.run("doctor").output.contains("too-many-tools")))
  }

  @Test func `doctor tells of tools that profiles name and nobody offers`() throws {
    let home = try home("profiles: {p: {tools: {include: [api_tool_1, api_tol_2]}}}\n", tools: 3)
    let run = try home.run("doctor")
    #expect(run.code == 10 && run.output.contains("tool-unknown"), "\(run.output)")
    #expect(run.output.contains("'api_tol_2'"), "\(run.output)")
  }

  @Test func `register writes the profile, and none that there is not`() throws {
    let home = try home("profiles: {small: {budget: 3}}\n", tools: 1)
    let bad = try home.run("register", "cursor", "--profile", "smal")
    #expect(bad.code == 2 && bad.errors.contains("did you mean 'small'?"), "\(bad.errors)")
    #expect(home.folder.read(".cursor/mcp.json") == "")
    let good = try home.run("register", "cursor", "--profile", "small")
    #expect(good.code == 0, "\(good.errors)")
    let file = try JSONValue(parsing: Array(home.folder.read(".cursor/mcp.json").utf8))
    let words = file.at(pointer: "/mcpServers/switchyard/args")?.arrayValue?.suffix(2)
    #expect(words == ["--profile", "small"])
    #expect(try home.run("unregister", "cursor").code == 0)
  }
}
