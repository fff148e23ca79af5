import Loop

/// A program that is run for one alert, with the alert on its stdin.
///
/// Its output is read and dropped. After half a minute it is killed.
@EventLoop
final class AlertCommand {
  private static let patience = Duration.seconds(30)

  /// `ended` is called once, on a later turn; whoever made it keeps it until then.
  init(
    _ spec: ChildSpec, input: [UInt8],
    ended: @escaping @EventLoop (AlertCommand, ExitStatus) -> Void
  ) throws(SpawnError) {
    try ProgramRun(spec, input: input, patience: Self.patience, outputLimit: 0) {
      [unowned self] outcome in ended(self, outcome.status)
    }
  }
}
