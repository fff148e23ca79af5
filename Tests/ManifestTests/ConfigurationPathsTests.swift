import Manifest
import Testing

@Suite struct ConfigurationPathsTests {
  private func paths(
    config: String? = nil, state: String? = nil, _ environment: [String: String]
  ) -> String {
    do throws(ConfigurationPaths.Failure) {
      let paths = try ConfigurationPaths(
        config: config, state: state, environment: environment, workingDirectory: "/work")
      return "\(paths.configuration) \(paths.isConfigurationExplicit) \(paths.state)"
    } catch {
      return error.description
    }
  }

  @Test func `options come first, then XDG, then HOME`() {
    let home = ["HOME": "/home/me"]
    let xdg = ["HOME": "/home/me", "XDG_CONFIG_HOME": "/c/", "XDG_STATE_HOME": "/s"]
    #expect(paths(home) == "/home/me/.config/switchyard false /home/me/.local/state/switchyard")
    #expect(paths(xdg) == "/c/switchyard false /s/switchyard")
    #expect(paths(config: "/etc/x/", state: "/var/y", xdg) == "/etc/x true /var/y")
    #expect(paths(config: "conf", state: "./s/../t", [:]) == "/work/conf true /work/s/../t")
    #expect(paths(config: ".", state: "./", [:]) == "/work true /work")
    #expect(paths(config: "/", state: "//", [:]) == "/ true /")
  }

  @Test func `relative and empty variables are ignored, as XDG says`() {
    let environment = ["HOME": "/h", "XDG_CONFIG_HOME": "c", "XDG_STATE_HOME": ""]
    #expect(paths(environment) == "/h/.config/switchyard false /h/.local/state/switchyard")
  }

  @Test func `without a home the message says what to give`() {
    #expect(
      paths(["HOME": "home"])
        == "neither HOME nor XDG_CONFIG_HOME holds an absolute path; give --config DIR")
    #expect(
      paths(config: "/c", [:])
        == "neither HOME nor XDG_STATE_HOME holds an absolute path; give --state DIR")
    #expect(paths(config: "", state: "/s", [:]) == "--config needs the path of a folder")
  }
}
