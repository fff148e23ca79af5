/// When a key of gateway.yaml that has changed takes effect in a gateway that runs.
package enum SettingEffect: String, Hashable, Sendable {
  case atOnce = "at once"
  /// Processes that run keep what they were started with.
  case withNextProcess = "with the next process"
  /// The gateway must be started again.
  case withNextStart = "with the next start of the gateway"

  private static let immediate: Set<String> = [
    "plugins", "log.level", "limits.client_message", "limits.client_calls", "limits.backend_calls",
    "limits.queued_calls", "limits.running_calls", "limits.waiting_calls", "limits.waiting_bytes",
    "limits.queued_bytes", "limits.client_output", "limits.page",
    "deadlines.call", "deadlines.absolute", "deadlines.input", "discovery.wait",
    "discovery.parallel", "discovery.deadline", "processes.parallel", "processes.idle",
    "stop.close", "stop.terminate", "stop.drain", "profiles",
  ]
  private static let later: Set<String> = [
    "limits.backend_message", "limits.stalled_write", "deadlines.initialize", "deadlines.probe",
    "stderr.line", "stderr.rate", "stderr.quoted",
  ]

  /// Keys that need no start of the gateway.
  package static var known: Set<String> { immediate.union(later) }

  /// - Parameter key: the full name, such as `limits.page`. What is not known to take effect
  ///   earlier needs a start.
  package init(of key: String) {
    self =
      Self.immediate.contains(key)
      ? .atOnce : Self.later.contains(key) ? .withNextProcess : .withNextStart
  }
}

extension GatewayConfiguration {
  /// Every key with its value as it would be written, in the order of the reference.
  package var values: [(key: String, value: String)] {
    Self.values(of: Self.fields.compactMap { $0.describe(self) }, below: "")
  }

  private static func values(
    of keys: [KeyDescription], below section: String
  ) -> [(key: String, value: String)] {
    keys.flatMap { key -> [(key: String, value: String)] in
      if case .section(let inner) = key.shape {
        return values(of: inner, below: section + key.key + ".")
      }
      return [(section + key.key, key.defaultText ?? "")]
    }
  }
}
