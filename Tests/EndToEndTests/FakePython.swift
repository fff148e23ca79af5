import Harness
import TestSupport

/// A python in a few lines of shell, which makes environments of nothing.
///
/// It lies beside the manifests. What `good` is among the packages of is installed at once, what `slow`
/// is among when there is a file `go` in the folder of the run; anything else fails and quotes what was
/// asked. Each environment that it makes is a line in `made`.
enum FakePython {
  static let file = "fake-python"

  static func script(in folder: String) -> String {
    """
    #!/bin/sh
    if [ "$2" = venv ]; then
      echo "$3" >> \(folder)/made
      mkdir -p "$3/bin" && cp "$0" "$3/bin/python"
      exit
    fi
    case "$*" in
      *good*) exit 0 ;;
      *slow*) while [ ! -e \(folder)/go ]; do sleep 0.05; done ;;
      *) echo "asked: $PIP_INDEX_URL $*"; exit 1 ;;
    esac

    """
  }

  /// The line of a manifest below `process`.
  static func packages(_ packages: String, _ more: String = "") -> String {
    "python: {interpreter: ./\(file), packages: [\(packages)]\(more)}"
  }

  static func isUsed(by services: [Service]) -> Bool {
    services.contains { $0.process.contains { $0.contains("python: {") } }
  }
}
