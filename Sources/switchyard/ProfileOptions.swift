import ArgumentParser

/// `--profile`, which every command takes that shows what clients see.
struct ProfileOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A profile of gateway.yaml: what clients that have it see.", valueName: "name"))
  var profile: String?
}
