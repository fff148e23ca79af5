import CSpawn
import Glibc

/// A child process in a session and process group of its own.
///
/// It dies with this process (parent-death signal, and the guard for its own
/// children). When it ends, whatever is left of its group is killed before it
/// is reaped, so that the group's number is still its own, and what left the
/// group is looked for by its lineage.
@EventLoop
package final class Child {
  /// Also its process group and session.
  package let pid: Int32
  /// Counts the children of this process; the mark of its descendants.
  package let number: UInt64
  /// For the state file.
  package let identity: ProcessIdentity?
  /// Our ends of its stdin, stdout and stderr, non-blocking. They belong to
  /// whoever makes readers and writers of them.
  package let input: Int32
  package let output: Int32
  package let errors: Int32
  /// Nil while it runs.
  package private(set) var status: ExitStatus?

  private let pidfd: Int32
  private var watch: Watch?
  private var onExit: (@EventLoop (ExitStatus) -> Void)?

  private static var spawned: UInt64 = 0
  /// The number of the child that was started last.
  static var newestNumber: UInt64 { spawned }
  /// Children that are not yet reaped. They stay alive here until their exit was delivered.
  static var running: [Int32: Child] = [:]

  /// Descriptors that must be free beyond the seven a spawn needs at once.
  private static let spareDescriptors = 16

  /// Clock ticks from boot to its start; 0 when it ended before it could be asked.
  package var startTime: UInt64 { identity?.startTime ?? 0 }

  /// Starts a child. `onExit` is called once, on a later turn, after the group was killed and the
  /// child reaped; its pipes may still hold output then (`DescriptorReader.drain`).
  ///
  /// Blocks until the program was loaded (some 0.1 ms).
  package static func spawn(
    _ spec: ChildSpec, onExit: @escaping @EventLoop (ExitStatus) -> Void
  ) throws(SpawnError) -> Child {
    guard DescriptorTable.hasSpare(7 + spareDescriptors) else { throw .admission(spec) }
    spawned += 1
    let pipes: ChildPipes
    do throws(SystemError) {
      try ProcessGuard.start()
      pipes = try ChildPipes()
    } catch {
      throw SpawnError(stage: .pipe, code: error.code, spec: spec)
    }
    var result = cspawn_result()
    launch(spec, pipes, number: spawned, &result)
    pipes.closeTheirs()
    guard result.stage == 0 else {
      pipes.closeOurs()
      throw SpawnError(result, spec: spec)
    }
    ProcessGuard.add(group: result.pid)
    let child = Child(result, pipes, onExit)
    running[child.pid] = child
    return child
  }

  private init(
    _ result: cspawn_result, _ pipes: ChildPipes,
    _ onExit: @escaping @EventLoop (ExitStatus) -> Void
  ) {
    pid = result.pid
    pidfd = result.pidfd
    number = Self.spawned
    identity = ProcessIdentity(pid: result.pid)
    input = pipes.input.writeEnd
    output = pipes.output.readEnd
    errors = pipes.errors.readEnd
    self.onExit = onExit
    watch = try? Watch(descriptor: pidfd) { [unowned(unsafe) self] in self.checkExit() }
    watch?.start(.readable)
  }

  /// Signals the process group. Does nothing once the child was reaped: its number may be another's.
  package func signalGroup(_ signal: Int32) {
    guard status == nil else { return }
    kill(-pid, signal)
  }

  /// Signals the child alone.
  package func signal(_ signal: Int32) {
    guard status == nil else { return }
    _ = cspawn_pidfd_signal(pidfd, signal)
  }

  /// Whether the child was reaped and nothing of its group is left.
  package var groupIsGone: Bool { status != nil }

  /// Delivers the exit if there is one. Also called when SIGCHLD tells of it first.
  package func checkExit() {
    var code: Int32 = 0
    var value: Int32 = 0
    guard status == nil else { return }
    switch cspawn_wait(pidfd, 0, &code, &value) {
    case 0: return
    case 1:
      // The zombie keeps the number of the group; nobody else can have it until it is reaped.
      kill(-pid, SIGKILL)
      ProcessGuard.remove(group: pid)
      cspawn_wait(pidfd, 1, &code, &value)
    default:
      // ECHILD: reaped behind our back. Its number may be another's now.
      ProcessGuard.remove(group: pid)
      (code, value) = (Int32(CLD_EXITED), -1)
    }
    watch?.close()
    watch = nil
    close(pidfd)
    let status: ExitStatus =
      code == Int32(CLD_EXITED) ? .exited(value) : .signalled(value)
    self.status = status
    Self.running[pid] = nil
    Orphans.sweepSoon()
    let deliver = onExit
    onExit = nil
    deliver?(status)
  }

  private static func launch(
    _ spec: ChildSpec, _ pipes: ChildPipes, number: UInt64, _ result: inout cspawn_result
  ) {
    let marked = spec.environment + [Lineage.environmentEntry(child: number)]
    withCStrings(spec.arguments) { arguments in
      withCStrings(marked) { environment in
        spec.executable.withCString { path in
          withOptionalCString(spec.directory) { directory in
            var request = cspawn_request()
            request.path = path
            request.arguments = arguments
            request.environment = environment
            request.directory = directory
            request.input = pipes.input.readEnd
            request.output = pipes.output.writeEnd
            request.errors = pipes.errors.writeEnd
            request.data_limit = spec.dataLimit ?? 0
            request.program = spec.program?.descriptor ?? 0
            request.file_limit = DescriptorTable.originalSoftLimit
            cspawn_start(&request, &result)
          }
        }
      }
    }
  }
}

/// The three pipes of a child.
private struct ChildPipes {
  let input: Pipe
  let output: Pipe
  let errors: Pipe

  init() throws(SystemError) {
    input = try Pipe()
    do throws(SystemError) { output = try Pipe() } catch {
      input.close()
      throw error
    }
    do throws(SystemError) { errors = try Pipe() } catch {
      input.close()
      output.close()
      throw error
    }
    for end in [input.writeEnd, output.readEnd, errors.readEnd] { Pipe.makeNonBlocking(end) }
  }

  func closeTheirs() {
    for end in [input.readEnd, output.writeEnd, errors.writeEnd] { close(end) }
  }

  func closeOurs() { for end in [input.writeEnd, output.readEnd, errors.readEnd] { close(end) } }
}
