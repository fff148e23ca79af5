import Glibc
import Manifest
import Provision
import RawJSON

/// This program as the one that makes an environment: reads an order on stdin, tells what it does
/// on stdout, and ends with 0 or, after a line that says why, with 1.
///
/// A gateway starts it as a child, so it ends with the gateway, and so does all that it starts.
enum EnvironmentProcess {
  private static let longestOrder = 4 << 20

  static func run(_ environment: [String: String]) -> Never {
    guard let order = try? JSONValue(parsing: input()), let python = PythonPackages(order: order)
    else {
      tell(.failed("there is no order on stdin; only gateways start this"))
      exit(2)
    }
    do throws(EnvironmentFailure) {
      let builder = EnvironmentBuilder(python, inherited: environment) { tell(.step($0)) }
      try builder.build()
      exit(0)
    } catch {
      tell(.failed(error.description))
      exit(1)
    }
  }

  private static func tell(_ report: EnvironmentReport) {
    let bytes = Array(report.line.utf8)
    _ = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
  }

  private static func input() -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < longestOrder {
      let count = read(0, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    return bytes
  }
}
