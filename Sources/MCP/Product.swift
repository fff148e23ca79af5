/// What we call ourselves, wherever we say it: on the wire, in help and in manuals.
package enum Product {
  package static let name = "switchyard"
  package static let version = "0.1.0"
}
