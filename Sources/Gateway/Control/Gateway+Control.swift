import Loop
import Manifest
import RawJSON

/// What the gateway does when it is told to.
extension Gateway {
  /// Performs a command and answers it once, now or later.
  func perform(
    _ command: ControlCommand, _ answer: @escaping @EventLoop (ControlAnswer) -> Void
  ) {
    switch command {
    case .status: answer(.success(statusReport))
    case .turn(let name, let on): answer(turned(name, on: on))
    case .reload: reloader.reload { answer(.success($0.report)) }
    case .difference: reloader.compare { answer(.success($0.report)) }
    case .metrics:
      var report = JSONObject()
      report["text"] = .string(String(decoding: health.prometheusText, as: UTF8.self))
      answer(.success(report))
    case .scrape: answer(.page(health.prometheusText))
    }
  }

  private func turned(_ name: String, on: Bool) -> ControlAnswer {
    switch turn(name, on: on) {
    case .done: return .success(["service": .string(name), "changed": true])
    case .unchanged: return .success(["service": .string(name), "changed": false])
    case .impossible(let why): return .failure("not_possible", why)
    }
  }
}

extension ConfigurationDifference {
  /// `usable`, `services`, `settings` and `problems`, as `switchyard check --diff` shows them.
  var report: JSONObject {
    var report = JSONObject()
    report["usable"] = .bool(isUsable)
    report["services"] = .array(services.map { .object($0.report) })
    report["settings"] = .array(
      settings.map {
        [
          "key": .string($0.key), "from": .string($0.old), "to": .string($0.new),
          "effect": .string($0.effect.rawValue),
        ]
      })
    report["problems"] = .array(problems.map { .string($0.description) })
    return report
  }
}

extension ConfigurationDifference.ServiceChange {
  fileprivate var report: JSONObject {
    var report = JSONObject()
    report["name"] = .string(name)
    switch kind {
    case .added: report["change"] = "added"
    case .removed: report["change"] = "removed"
    case .changed(let keys):
      report["change"] = "changed"
      report["keys"] = .array(keys.map { .string($0) })
      report["newProcess"] = .bool(needsProcess)
    case .kept(let why):
      report["change"] = "kept"
      report["why"] = .string(why)
    }
    return report
  }
}
