package import Loop
package import RawJSON

extension DescriptorWriter {
  /// Writes a line with the edits of `splice`, which stays as it is: handed over for the time of
  /// the call, because a copy of it would be counted for each message.
  package func write(_ line: UnsafeRawBufferPointer, edited splice: inout Splice) {
    let byteCount = splice.resultCount(of: line.count)
    if writeShort(byteCount: byteCount, { splice.write(line, to: $0) }) { return }
    // The payload is not copied: its pieces go out with one system call.
    var slices = Slices()
    splice.forEachSlice(of: line) { slices.append($0) }
    write(slices)
  }
}
