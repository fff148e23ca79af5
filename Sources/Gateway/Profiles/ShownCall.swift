import MCP
import Manifest
import RawJSON

/// A `tools/call` put as the whole catalogue knows it: another name, other arguments.
///
/// Everything else of the line is the client's own: its id, its progress token, the state that it
/// brings back.
struct ShownCall {
  /// The name to call, where it is another.
  var name: [UInt8]?
  /// The arguments as JSON, where they are others.
  var arguments: [UInt8]?

  /// - Parameters:
  ///   - form: of the tool; nil where the call passes as it is.
  ///   - arguments: what the client gives, absent for nothing.
  /// - Throws: the name of an argument that is not the client's to give.
  init(_ form: ShownTool.Form?, arguments: ByteRange, in bytes: RawSpan) throws(Trespass) {
    name = form?.name
    guard let form, !form.pins.isEmpty else { return }
    var given: PinnedArgument?
    JSON.forEachMember(of: arguments, in: bytes) { key, _ in
      given = given ?? form.pins.first { PinnedSchema.names(key, $0, in: bytes) }
    }
    if let given { throw Trespass(argument: given.name) }
    var members: [UInt8] = []
    for (index, pin) in form.pins.enumerated() {
      if index > 0 { members.append(UInt8(ascii: ",")) }
      JSON.appendQuoted(pin.name.utf8, to: &members)
      members.append(UInt8(ascii: ":"))
      members += pin.value
    }
    self.arguments = JSON.rebuildObject(
      arguments, in: bytes, dropping: { _ in false }, adding: members)
  }

  /// An argument that the profile gives.
  struct Trespass: Error, Hashable { var argument: String }

  /// The line of the call.
  func line(_ line: UnsafeRawBufferPointer, _ envelope: Envelope) -> [UInt8] {
    var splice = Splice()
    if let name { splice.replace(envelope.name) { JSON.appendQuoted(name, to: &$0) } }
    if let arguments {
      if envelope.arguments.isAbsent {
        splice.insert(Array(#","arguments":"#.utf8) + arguments, at: envelope.name.end)
      } else {
        splice.replace(envelope.arguments, with: arguments)
      }
    }
    return splice.applied(to: line.bytes)
  }
}
