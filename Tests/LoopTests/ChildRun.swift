import Glibc
import LoopTesting

@testable import Loop

/// A child with a collector on each of its outputs.
@EventLoop
final class ChildRun {
  private(set) var child: Child
  let input: DescriptorWriter
  let output = ByteCollector()
  let errors = ByteCollector()
  private(set) var exits: [ExitStatus] = []
  private let readers: [DescriptorReader]

  init(_ spec: ChildSpec) throws {
    final class Later { var run: ChildRun? }
    let later = Later()
    child = try Child.spawn(spec) { status in later.run?.exits.append(status) }
    input = DescriptorWriter(descriptor: child.input)
    readers = [
      DescriptorReader(descriptor: child.output, sink: output),
      DescriptorReader(descriptor: child.errors, sink: errors),
    ]
    later.run = self
    for reader in readers { reader.resume() }
  }

  func exited() async { _ = await eventually { !self.exits.isEmpty } }

  /// Waits for the exit and the end of both outputs.
  func ended() async {
    await exited()
    await output.waitForEnd()
    await errors.waitForEnd()
    input.abandon()
  }
}

/// `/bin/sh -c SCRIPT` with a path and nothing else in its environment.
func shell(_ script: String, _ environment: [String] = []) -> ChildSpec {
  ChildSpec(
    executable: "/bin/sh", arguments: ["sh", "-c", script],
    environment: ["PATH=/usr/bin:/bin"] + environment)
}

/// Whether a process does not exist, or only as a zombie.
func isDead(_ pid: Int32) -> Bool { ProcessFile.isZombie(pid) }

/// Living processes whose command line or environment contains the text.
func processes(markedBy mark: String) -> [Int32] {
  ProcessFile.entries("/proc").filter { pid in
    guard pid != getpid(), !isDead(pid) else { return false }
    return ["cmdline", "environ"].contains { file in
      contains(ProcessFile.read("/proc/\(pid)/\(file)") ?? [], Array(mark.utf8))
    }
  }
}

private func contains(_ bytes: [UInt8], _ pattern: [UInt8]) -> Bool {
  guard bytes.count >= pattern.count else { return false }
  return (0...(bytes.count - pattern.count)).contains { bytes[$0...].starts(with: pattern) }
}
