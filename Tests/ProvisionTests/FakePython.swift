import Manifest
import Provision
import TestSupport

/// A python that makes environments of nothing, at once, and says what it was asked for.
///
/// It is a script: `-m venv DIR` makes `DIR/bin/python`, a copy of itself, and anything else is
/// written down. What is in `pip` runs as the answer to pip.
struct FakePython {
  let folder: TemporaryFolder
  var python = PythonPackages()
  var environment: [String: String]

  init(pip: String = "exit 0") throws {
    folder = try TemporaryFolder()
    let log = folder.path + "/log"
    let script = """
      #!/bin/sh
      echo "$@" >> \(log)
      if [ "$2" = venv ]; then
        mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
        exit
      fi
      \(pip)

      """
    try folder.write(script, to: "bin/python3", mode: 0o700)
    environment = ["PATH": folder.path + "/bin:/usr/bin:/bin"]
    python.requirements = ["tiny==1.0"]
    python.timeout = .seconds(60)
    place()
  }

  var state: String { folder.path + "/state" }

  mutating func place() { python.place(in: state) }

  /// Makes the environment; returns what was told.
  func build() throws(EnvironmentFailure) -> (isNew: Bool, steps: [String]) {
    var steps: [String] = []
    let builder = EnvironmentBuilder(python, inherited: environment) { steps.append($0) }
    let isNew = try builder.build()
    return (isNew, steps)
  }

  /// What it was asked for, without the way to its environment.
  var asked: [String] {
    folder.read("log").split(separator: "\n").map {
      String($0).replacing(python.folder ?? "?", with: "ENV").replacing(folder.path, with: "")
    }
  }
}
