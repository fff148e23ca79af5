/// A server as some list describes it: what a manifest can be made of.
package struct FoundServer: Hashable, Sendable {
  /// A variable of its environment.
  package struct Variable: Hashable, Sendable {
    package var name: String
    /// As the list has it; nil if the list leaves it to the person.
    package var value: String?
    /// The list says that it is to be kept from others.
    package var isSecret = false

    package init(name: String, value: String?, isSecret: Bool = false) {
      self.name = name
      self.value = value
      self.isSecret = isSecret
    }
  }

  /// As the list calls it.
  package var name: String
  package var description: String?
  package var command: String
  package var arguments: [String] = []
  package var environment: [Variable] = []
  package var directory: String?
  package var isDisabled = false
  /// What the list says and a manifest cannot.
  package var notes: [String] = []

  package init(name: String, command: String, arguments: [String] = []) {
    self.name = name
    self.command = command
    self.arguments = arguments
  }

  /// The command as a person would type it.
  package var commandLine: String {
    ([command] + arguments).map(Self.quoted).joined(separator: " ")
  }

  private static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "-_./:=@%+,".utf8.contains(byte)
        }
      }
    return isPlain ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
  }
}

/// A server that cannot be taken over, and why.
package struct LeftServer: Hashable, Sendable {
  package var name: String
  package var why: String

  package init(name: String, why: String) {
    self.name = name
    self.why = why
  }
}
