/// The process that clients launch: reads its configuration, opens its state,
/// and serves MCP on stdin and stdout until the client leaves.
///
/// Nothing here waits for a service, so that the first answer is there within
/// milliseconds of the start.
import Gateway
import Glibc
import Loop
import MCP
import Manifest
import Provision
import Telemetry

@main
struct SwitchyardGateway {
  static func main() {
    switch Arguments.parse(Array(CommandLine.arguments.dropFirst())) {
    case .help: leave(0, saying: Arguments.help, on: 1)
    case .version: leave(0, saying: "switchyard-gateway \(Product.version)\n", on: 1)
    case .mistake(let text): leave(2, saying: "switchyard-gateway: \(text)\n", on: 2)
    case .buildEnvironment: EnvironmentProcess.run(environment())
    case .run(let arguments): serve(arguments)
    }
  }

  private static func serve(_ arguments: Arguments) {
    EventLoop.prepareProcess()
    let environment = environment()
    let paths: ConfigurationPaths
    do {
      paths = try ConfigurationPaths(
        config: arguments.config, state: arguments.state, environment: environment,
        workingDirectory: workingDirectory())
    } catch {
      leave(2, saying: "switchyard-gateway: \(error)\n", on: 2)
    }
    let plugins = pluginDirectories()
    let readAt = fileTime()
    // A folder that was there and is gone is a mistake, whoever asked for it at first.
    @Sendable func read(isExplicit: Bool, needsManifests: Bool) -> Configuration {
      var configuration = Configuration.load(
        directory: paths.configuration, isExplicit: isExplicit,
        isGuarded: !paths.isConfigurationExplicit, needsManifests: needsManifests,
        pluginDirectories: plugins, environment: environment)
      configuration.placeEnvironments(in: paths.state)
      configuration.fitMemory(MemoryLimit.current, file: paths.configuration + "/gateway.yaml")
      return configuration
    }
    let configuration = read(isExplicit: paths.isConfigurationExplicit, needsManifests: false)
    let log = Log(level: .init(configuration.gateway.log.level))
    report(configuration, to: log)
    guard configuration.isUsable else {
      leave(1, saying: "switchyard-gateway: the configuration cannot be used; see above.\n", on: 2)
    }
    if let name = arguments.profile { checkProfile(named: name, in: configuration) }
    EventLoop.run {
      ProcessLife.begin(
        configuration, readAt: readAt, environment: environment, folder: paths.configuration,
        state: paths.state, profile: arguments.profile, log: log,
        read: { read(isExplicit: true, needsManifests: $0) })
    }
  }

  private static func checkProfile(named name: String, in configuration: Configuration) {
    do throws(UnknownProfile) {
      _ = try configuration.profile(named: name)
    } catch {
      leave(2, saying: "switchyard-gateway: \(error)\n", on: 2)
    }
  }

  // MARK: The machine

  private static func environment() -> [String: String] {
    var variables: [String: String] = [:]
    var entry = environ
    while let text = entry.pointee {
      let pair = String(cString: text)
      if let equals = pair.utf8.firstIndex(of: UInt8(ascii: "=")) {
        variables[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
      }
      entry += 1
    }
    return variables
  }

  /// Now, as the times of files are told: nanoseconds since 1970, by the clock of the kernel's ticks.
  private static func fileTime() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME_COARSE, &now)
    return Int64(now.tv_sec) &* 1_000_000_000 &+ Int64(now.tv_nsec)
  }

  private static func workingDirectory() -> String {
    guard let path = getcwd(nil, 0) else { return "/" }
    defer { free(path) }
    return String(cString: path)
  }

  /// `PREFIX/share/switchyard/plugins` beside `PREFIX/bin`, and `Plugins` of a checkout.
  private static func pluginDirectories() -> [String] {
    guard let path = realpath("/proc/self/exe", nil) else { return [] }
    defer { free(path) }
    // Without the name and `bin`.
    var prefix = String(cString: path)[...]
    for _ in 0..<2 { prefix = prefix[..<(prefix.lastIndex(of: "/") ?? prefix.startIndex)] }
    return [String(prefix) + "/share/switchyard/plugins"]
  }

  private static func report(_ configuration: Configuration, to log: Log) {
    for diagnostic in configuration.diagnostics {
      log(
        diagnostic.severity == .error ? .error : .warning, "config.problem",
        ["problem": diagnostic.description])
    }
  }

  private static func leave(_ code: Int32, saying text: String, on descriptor: Int32) -> Never {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    exit(code)
  }
}
